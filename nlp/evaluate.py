"""Scores a reader on labelled messages: what is right, what is automatic, and how sure that is, family by family."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from nlp.gate import kind
from nlp.intents import Intent
from nlp.understanding import Understanding

OPT_OUT = frozenset({Intent.UNSUBSCRIBE, Intent.WITHDRAW, Intent.REFUSE})
ALONE = frozenset({Intent.OTHER, Intent.AUTO_REPLY})
DRAWS = 1000  # bootstrap samples of families
BINS = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """One message: what was wanted, what was read."""

    family: str
    lang: str
    long: bool
    tags: tuple[str, ...]
    wanted: frozenset[Intent]
    read: Understanding

    @property
    def right(self) -> bool:
        """Every label, and no other."""
        return frozenset(self.read.intents) == self.wanted

    @property
    def automatic(self) -> bool:
        """The gate lets it act (or pass as no request) without a person."""
        return self.read.abstained is None


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval by family."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """91.2 % (89.9-92.4, n 810)."""
        return f"{self.value:.1%} ({self.low:.1%}-{self.high:.1%}, n {self.count})" if self.count else "-"


def rate(rows: Sequence[Scored], good: Callable[[Scored], bool], seed: int = 1) -> Rate:
    """The share of rows that are good; families are drawn, not messages (they are what is independent)."""
    by_family: dict[str, tuple[int, int]] = {}
    for row in rows:
        hits, all_ = by_family.get(row.family, (0, 0))
        by_family[row.family] = (hits + good(row), all_ + 1)
    groups = list(by_family.values())
    if not groups:
        return Rate(0.0, 0.0, 0.0, 0)
    rng = random.Random(seed)
    drawn = sorted(_share(rng.choices(groups, k=len(groups))) for _ in range(DRAWS))
    return Rate(_share(groups), drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS)], len(rows))


def _share(groups: Sequence[tuple[int, int]]) -> float:
    return sum(hits for hits, _ in groups) / sum(all_ for _, all_ in groups)


def calibration_error(rows: Sequence[Scored]) -> float:
    """Expected calibration error of the decision, in bins of like probability (equal counts)."""
    ordered = sorted(rows, key=lambda row: row.read.confidence)
    bins = [ordered[len(ordered) * at // BINS : len(ordered) * (at + 1) // BINS] for at in range(BINS)]
    return sum(len(some) / len(ordered) * abs(
        sum(row.read.confidence for row in some) / len(some) - sum(row.right for row in some) / len(some))
        for some in bins if some)


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure, by name; and by language, by intent, by kind of action."""

    figures: dict[str, Rate | float]
    languages: dict[str, Rate]
    intents: dict[str, tuple[Rate, Rate]]  # recall, precision
    confusions: list[tuple[str, str, int]] = field(default_factory=list)


def report(rows: Sequence[Scored]) -> Report:
    """Of one set."""
    automatic = [row for row in rows if row.automatic]
    opt_outs = [row for row in rows if row.wanted & OPT_OUT]
    figures: dict[str, Rate | float] = {
        "all labels right": rate(rows, lambda row: row.right),
        "long mails": rate([row for row in rows if row.long], lambda row: row.right),
        "several wishes": rate([row for row in rows if len(row.wanted) > 1], lambda row: row.right),
        "negation and look-alikes": rate([row for row in rows if {"neg", "look"} & set(row.tags)],
                                         lambda row: row.right),
        "opt-out recall": rate(opt_outs, lambda row: bool(frozenset(row.read.intents) & OPT_OUT)),
        "automatic": rate(rows, lambda row: row.automatic),
        "automatic that are right": rate(automatic, lambda row: row.right),
        "automatic opt-outs missed": rate([row for row in opt_outs if row.automatic],
                                          lambda row: not frozenset(row.read.intents) & OPT_OUT),
        "automatic grants that are none": float(sum(
            Intent.GRANT in row.read.intents and Intent.GRANT not in row.wanted for row in automatic)),
        "calibration error": calibration_error(rows),
    }
    languages = {lang: rate([row for row in rows if row.lang == lang], lambda row: row.right)
                 for lang in dict.fromkeys(row.lang for row in rows)}
    return Report(figures, languages, {str(intent): _intent(rows, intent) for intent in Intent}, confusions(rows))


def _intent(rows: Sequence[Scored], intent: Intent) -> tuple[Rate, Rate]:
    return (rate([row for row in rows if intent in row.wanted], lambda row: intent in row.read.intents),
            rate([row for row in rows if intent in row.read.intents], lambda row: intent in row.wanted))


def confusions(rows: Iterable[Scored], most: int = 15) -> list[tuple[str, str, int]]:
    """What was taken for what, commonest first."""
    pairs = Counter((_words(row.wanted), _words(row.read.intents)) for row in rows if not row.right)
    return [(wanted, read, count) for (wanted, read), count in pairs.most_common(most)]


def _words(intents: Iterable[Intent]) -> str:
    return " + ".join(sorted(map(str, intents)))


def false_actions(rows: Sequence[Scored]) -> Rate:
    """Out of scope: a message that asks for nothing of ours, and something would be done of itself."""
    return rate(rows, lambda row: row.automatic and kind(row.read.intents) != "none")
