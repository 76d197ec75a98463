"""Fits the gate on writers whom the reader never learnt from: how to mix the readers, how sure a reading is, and the
probability each kind of action needs (conformal risk control over families, Angelopoulos et al. 2022)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from nlp.gate import INTENTS, NAMES, Evidence, chosen, features
from nlp.training.data import Example
from nlp.understanding import Context, Thread

RISK = {"no": 0.015, "right": 0.01, "none": 0.01, "yes": 0.004}  # wrong automatic actions among all messages
LEAST = {"no": 0.5, "right": 0.6, "none": 0.6, "yes": 0.9}
MIXES = tuple((1.0 - share, share) for share in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5))
FOLDS, STRENGTH = 5, 0.3


def context(example: Example) -> Context:
    """As the line would give it."""
    return Context(example.channel, Thread(example.context), example.lang, {}, example.subject)


def right(example: Example, logits: NDArray[np.float32]) -> bool:
    """Every label, and no other."""
    return set(chosen(logits)) == set(example.intents)


def mix(examples: Sequence[Example], encoder: NDArray[np.float32],
        ngrams: NDArray[np.float32]) -> tuple[float, float]:
    """The share of each reader that loses least (binary cross-entropy over all labels)."""
    wanted = np.array([[intent in each.intents for intent in INTENTS] for each in examples])

    def loss(shares: tuple[float, float]) -> float:
        whole = shares[0] * encoder + shares[1] * ngrams
        return float(np.logaddexp(0, np.where(wanted, -whole, whole)).mean())

    return min(MIXES, key=loss)


def probabilities(found: NDArray[np.float64], correct: NDArray[np.bool_],
                  families: Sequence[str]) -> NDArray[np.float64]:
    """Of each reading, by a gate that saw none of its family."""
    out = np.zeros(len(correct))
    for learnt, held in GroupKFold(FOLDS).split(found, correct, families):
        out[held] = _regression(found[learnt], correct[learnt]).predict_proba(found[held])[:, 1]
    return out


def _regression(found: NDArray[np.float64], correct: NDArray[np.bool_]) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=3000)).fit(found, correct)


def _plain(model: Pipeline) -> tuple[list[float], float]:
    """Weights and bias over the numbers as they come."""
    level, line = model[0], model[1]
    weights = line.coef_[0] / level.scale_
    return [float(value) for value in weights], float(line.intercept_[0] - (weights * level.mean_).sum())


def threshold(sure: NDArray[np.float64], correct: NDArray[np.bool_], families: Sequence[str], risk: float) -> float:
    """The least probability at which wrong automatic actions stay below `risk`, corrected for few families."""
    names = sorted(set(families))
    place = {name: at for at, name in enumerate(names)}
    size = np.bincount([place[name] for name in families], minlength=len(names))
    order = np.argsort(-sure)
    wrong = np.zeros(len(names))
    best = 1.0
    for at in order:
        if not correct[at]:
            wrong[place[families[at]]] += 1
        if ((wrong / size).sum() + 1) / (len(names) + 1) > risk:
            break
        best = float(sure[at])
    return best


def placeholder(file: Path) -> None:
    """A gate that lets nothing through: what the evidence is gathered with."""
    file.write_text(json.dumps({"weights": [0.0] * len(NAMES), "bias": 0.0, "thresholds": dict.fromkeys(RISK, 1.1)}),
                    "utf-8")


def fit(examples: Sequence[Example], evidence: Sequence[Evidence], file: Path) -> dict[str, float]:
    """Write the gate; returns its thresholds."""
    intents = [chosen(each.whole) for each in evidence]
    found = np.array([features(each, wanted) for each, wanted in zip(evidence, intents, strict=True)])
    correct = np.array([right(example, each.whole) for example, each in zip(examples, evidence, strict=True)])
    families = [example.family for example in examples]
    sure = probabilities(found, correct, families)
    thresholds = {name: max(LEAST[name], threshold(sure, correct, families, risk)) for name, risk in RISK.items()}
    weights, bias = _plain(_regression(found, correct))
    body = {"weights": weights, "bias": bias, "thresholds": thresholds, "messages": len(examples),
            "families": len(set(families))}
    file.write_text(json.dumps(body, indent=1) + "\n", "utf-8")
    return thresholds

