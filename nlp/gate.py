"""How sure is the reading, and is that enough? One probability that the whole action is right, and a reason in words.

The probability is a logistic regression over what is known of the reading, fitted on writers whom the reader never
learnt from; the thresholds come from conformal risk control over their phrasing families (`nlp.training.calibrate`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.intents import Intent

INTENTS = tuple(Intent)
ALONE = (Intent.OTHER, Intent.AUTO_REPLY)
CAP = 12.0  # log-odds beyond this say nothing more


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one reading. Logits in the order of `Intent`."""

    whole: NDArray[np.float32]  # encoder and n-grams together, on the whole text
    encoder: NDArray[np.float32]
    ngrams: NDArray[np.float32]
    sentences: tuple[frozenset[Intent], ...]  # what each piece asks for, read alone; empty for a short text
    words: int


def chosen(logits: NDArray[np.float32]) -> tuple[Intent, ...]:
    """The intents that are more likely than not, the likeliest first; `other` and `auto_reply` stand alone."""
    order = [INTENTS[at] for at in np.argsort(-logits, kind="stable")]
    if order[0] in ALONE:
        return (order[0],)
    likely = [intent for intent in order if logits[INTENTS.index(intent)] > 0 and intent not in ALONE]
    return tuple(likely) or (order[0],)


def _joint(logits: NDArray[np.float32], intents: Sequence[Intent]) -> float:
    """Log-odds that each label is as chosen, were they independent."""
    signs = np.array([1.0 if intent in intents else -1.0 for intent in INTENTS])
    total = float(np.sum(np.logaddexp(0.0, -signs * logits.astype(np.float64))))  # -log of the probability
    probability = math.exp(-total)
    return max(-CAP, min(CAP, math.log(max(probability, 1e-9)) - math.log(max(1.0 - probability, 1e-9))))


def agreement(evidence: Evidence, intents: Sequence[Intent]) -> float:
    """1 when the pieces, read alone, ask for the same as the whole; 0 when they ask for something else."""
    if not evidence.sentences:
        return 1.0
    asked = frozenset(intent for piece in evidence.sentences for intent in piece if intent not in ALONE)
    wanted = frozenset(intent for intent in intents if intent not in ALONE)
    return len(asked & wanted) / len(asked | wanted) if asked | wanted else 1.0


def features(evidence: Evidence, intents: Sequence[Intent]) -> list[float]:
    """Numbers the probability is made of, in the order of NAMES."""
    margin = float(np.min(np.abs(evidence.whole)))
    likely = np.sort(1.0 / (1.0 + np.exp(-evidence.whole.astype(np.float64))))[::-1][:3]
    return [_joint(evidence.whole, intents), min(margin, 6.0), _joint(evidence.encoder, intents),
            float(set(chosen(evidence.encoder)) == set(intents)), float(set(chosen(evidence.ngrams)) == set(intents)),
            float(chosen(evidence.ngrams)[0] == intents[0]), agreement(evidence, intents),
            float(bool(evidence.sentences)), float(len(intents) - 1), math.log1p(min(evidence.words, 600) / 20),
            float(intents[0] is Intent.OTHER), *map(float, likely), float(bool(unsaid(evidence, intents))),
            *(float(kind(intents) == each) for each in KINDS)]


def unsaid(evidence: Evidence, intents: Sequence[Intent]) -> frozenset[Intent]:
    """What a piece asks for, and the whole does not."""
    return frozenset(intent for piece in evidence.sentences for intent in piece
                     if intent not in ALONE and intent not in intents)


def kind(intents: Sequence[Intent]) -> str:
    """Which threshold: of several wishes the most demanding one's."""
    if {Intent.GRANT, Intent.SUBSCRIBE} & set(intents):
        return "yes"
    if set(intents) <= {Intent.UNSUBSCRIBE, Intent.WITHDRAW, Intent.REFUSE}:
        return "no"
    return "none" if set(intents) <= set(ALONE) else "right"


KINDS = ("no", "right", "none", "yes")
NAMES = ("joint", "margin", "encoder joint", "encoder agrees", "n-grams agree", "n-grams agree on the first",
         "sentences agree", "several sentences", "more intents", "length", "other", "first", "second", "third",
         "a piece asks for more", *KINDS)


class Gate:
    """Fitted numbers."""

    def __init__(self, weights: Sequence[float], bias: float, thresholds: Mapping[str, float]) -> None:
        """`thresholds`: by kind of action (`kind`), the probability below which a person reads it."""
        if len(weights) != len(NAMES):
            raise ValueError(f"the gate has {len(weights)} weights for {len(NAMES)} features")
        self._weights, self._bias, self.thresholds = tuple(weights), bias, dict(thresholds)

    @classmethod
    def load(cls, file: Path) -> Gate:
        """From its JSON file."""
        given = json.loads(file.read_text("utf-8"))
        return cls(given["weights"], given["bias"], given["thresholds"])

    def probability(self, evidence: Evidence, intents: Sequence[Intent]) -> float:
        """That every label is right."""
        total = self._bias + sum(map(float.__mul__, self._weights, features(evidence, intents)))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def doubt(self, evidence: Evidence, intents: Sequence[Intent], probability: float) -> str | None:
        """Why a person should read it, in words; None when nobody need."""
        needed = self.thresholds[kind(intents)]
        more = unsaid(evidence, intents)
        if more:
            return f"a part of it asks for something else ({', '.join(sorted(map(str, more)))})"
        if probability >= needed:
            return None
        sure = f"{probability:.0%} sure where {needed:.0%} are needed"
        if agreement(evidence, intents) < 1.0:
            return f"the whole and its sentences do not say the same ({sure})"
        if set(chosen(evidence.ngrams)) != set(intents):
            return f"the words and their meaning point to different wishes ({sure})"
        return f"unusual wording ({sure})"
