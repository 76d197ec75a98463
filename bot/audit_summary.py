"""What an audit found, added up: piles by channel and purpose, reasons with a few examples by opaque id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storage.records import Capacity, Pile

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One judged claim. `country` is the controller's when the party's is not known."""

    party_id: str
    capacity: Capacity
    country: str
    purpose: str
    channel: str
    pile: Pile
    reasons: tuple[str, ...]
    last_contact: datetime | None


@dataclass(slots=True)
class Summary:
    """Counts of claims; `parties` of those that were judged."""

    claims: int = 0
    parties: int = 0
    piles: Counter[tuple[str, str, Pile]] = field(default_factory=Counter)  # channel, purpose, pile
    reasons: Counter[tuple[Pile, str]] = field(default_factory=Counter)  # the row that decided
    lacks: Counter[str] = field(default_factory=Counter)  # every further reason
    examples: defaultdict[tuple[Pile, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    _last: str = ""

    def add(self, line: Line) -> None:
        """One more."""
        self.claims += 1
        if line.party_id != self._last:
            self.parties, self._last = self.parties + 1, line.party_id
        self.piles[line.channel, line.purpose, line.pile] += 1
        first = line.pile, line.reasons[0]
        self.reasons[first] += 1
        self.lacks.update(line.reasons[1:])
        if self.reasons[first] <= EXAMPLES:
            self.examples[first].append(line.party_id)

    def total(self, pile: Pile) -> int:
        """Claims in one pile."""
        return sum(count for (_, _, each), count in self.piles.items() if each is pile)

    def by(self, part: int) -> dict[str, Counter[Pile]]:
        """Piles by channel (0) or purpose (1), the largest first."""
        found: defaultdict[str, Counter[Pile]] = defaultdict(Counter)
        for key, count in self.piles.items():
            found[str(key[part])][key[2]] += count
        return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))

    def as_data(self) -> Mapping[str, object]:
        """For machines."""
        return {
            "parties": self.parties, "claims": self.claims, "piles": {pile.value: self.total(pile) for pile in Pile},
            "by": [{"channel": channel, "purpose": purpose, "pile": pile.value, "claims": count}
                   for (channel, purpose, pile), count in sorted(self.piles.items())],
            "reasons": [{"pile": pile.value, "reason": code, "claims": count, "examples": self.examples[pile, code]}
                        for (pile, code), count in self.reasons.most_common()],
            "lacks": dict(self.lacks.most_common())}
