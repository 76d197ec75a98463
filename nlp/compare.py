"""Two models on the same messages: what changed, and is the challenger worse? Families are drawn again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.evaluate import DRAWS, Rate, Scored, report
from nlp.intents import Intent
from nlp.understanding import Context, Understanding

BATCH = 64
LONG = 120  # words: more is a long mail


@dataclass(frozen=True, slots=True)
class Message:
    """One message with what it wants. `family`: messages that are one wording count as one."""

    family: str
    text: str
    context: Context
    wanted: frozenset[Intent]
    language: str
    tags: tuple[str, ...] = ()


def scored(many: Callable[[Sequence[tuple[str, Context]]], list[Understanding]],
           messages: Sequence[Message]) -> list[Scored]:
    """What a reader makes of them, in the order given; `many` is its `Reader.many`."""
    out: list[Scored] = []
    for at in range(0, len(messages), BATCH):
        some = messages[at : at + BATCH]
        for each, read in zip(some, many([(each.text, each.context) for each in some]), strict=True):
            out.append(Scored(each.family, each.language, len(each.text.split()) > LONG, each.tags, each.wanted, read))
    return out


@dataclass(frozen=True, slots=True)
class Comparison:
    """On one set. `figures`: the champion's and the challenger's, by name; `faults`: why it is worse, in words."""

    messages: int
    figures: dict[str, tuple[Rate | float, Rate | float]]
    gain: Rate  # messages that only the challenger gets right, less those that only the champion does; a share
    faults: tuple[str, ...]


def compare(champion: Sequence[Scored], challenger: Sequence[Scored]) -> Comparison:
    """Of the same messages in the same order."""
    ours, theirs = report(champion).figures, report(challenger).figures
    figures = {name: (value, theirs[name]) for name, value in ours.items()}
    figures["automatic that are wrong"] = float(wrong(champion)), float(wrong(challenger))
    change = gain(champion, challenger)
    return Comparison(len(champion), figures, change, tuple(_faults(champion, challenger, change)))


def wrong(rows: Sequence[Scored]) -> int:
    """How many would be acted upon, or passed as no request, without a person, and should not have been."""
    return sum(row.automatic and not row.right for row in rows)


def false_grants(rows: Sequence[Scored]) -> int:
    """How many consents would be recorded that nobody gave."""
    return sum(row.automatic and Intent.GRANT in row.read.intents and Intent.GRANT not in row.wanted for row in rows)


def gain(champion: Sequence[Scored], challenger: Sequence[Scored]) -> Rate:
    """The difference of the shares with all labels right, in [-1, 1], with its 95 % interval by family."""
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for ours, theirs in zip(champion, challenger, strict=True):
        difference, count = found[ours.family]
        found[ours.family] = difference + theirs.right - ours.right, count + 1
    if not found:
        return Rate(0.0, 0.0, 0.0, 0)
    sums = np.array(list(found.values()), np.float64)
    drawn = sums[np.random.default_rng(1).integers(0, len(sums), (DRAWS, len(sums)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    whole = sums.sum(axis=0)
    return Rate(float(whole[0] / whole[1]), float(low), float(high), len(champion))


def _faults(champion: Sequence[Scored], challenger: Sequence[Scored], change: Rate) -> list[str]:
    faults = []
    if change.high < 0:
        faults.append(f"{-change.value:.1%} fewer messages have all labels right, beyond noise")
    if false_grants(challenger):
        faults.append(f"it would record {false_grants(challenger)} grants that are none")
    if wrong(challenger) > wrong(champion):
        faults.append(f"{wrong(challenger)} automatic readings are wrong, {wrong(champion)} with the model in use")
    return faults
