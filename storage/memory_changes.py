"""What recipients are told, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.memory_ledger import MemoryLedger
from storage.memory_people import MemoryParties
from storage.records import Change, Delivery, DeliveryStatus, Handle, LedgerEntry
from storage.rows import Rows, utc

_DONE = (DeliveryStatus.ACKNOWLEDGED, DeliveryStatus.DEAD)


def _change(entry: LedgerEntry) -> Change:
    event = entry.event
    return Change(entry.sequence, entry.id, event.tag, event.party_id, event.capacity, event.purpose, event.channel,
                  event.status_before, event.status_after, event.occurred_at, entry.recorded_at, event.regime)


class MemoryChanges:
    """The ledger without what is sealed."""

    def __init__(self, ledger: MemoryLedger, parties: MemoryParties) -> None:
        """Reads the others."""
        self._ledger, self._parties = ledger, parties

    def list(self, after: int, limit: int) -> Sequence[Change]:
        """In order of sequence."""
        return [_change(entry) for entry in self._ledger.rows
                if entry.sequence > after and entry.event.tag.for_recipients][:limit]

    def get(self, sequence: int) -> Change | None:
        """One change."""
        entry = self._ledger.rows.get(sequence)
        return _change(entry) if entry is not None and entry.event.tag.for_recipients else None

    def newest(self) -> int:
        """The newest entry's sequence."""
        return len(self._ledger.rows)

    def handles(self, party_ids: Sequence[str]) -> Mapping[str, Sequence[Handle]]:
        """By party."""
        known = {party_id: self._parties.handles(party_id) for party_id in party_ids}
        return {party_id: found for party_id, found in known.items() if found}


class MemoryDeliveries:
    """How far each recipient was told."""

    def __init__(self, ledger: MemoryLedger) -> None:
        """Empty."""
        self._ledger = ledger
        self.cursors: Rows[str, int] = Rows()
        self.rows: Rows[tuple[str, int], Delivery] = Rows()

    def begin(self, subscriber: str, after: int) -> None:
        """Nothing happens when it is known already."""
        self.cursors.insert(subscriber, after)

    def cursor(self, subscriber: str, *, lock: bool = False) -> int | None:
        """Up to where deliveries were made; the unit of work is alone."""
        return self.cursors.get(subscriber)

    def queue(self, subscriber: str, sequences: Sequence[int], cursor: int) -> None:
        """Where there are none yet."""
        for sequence in sequences:
            self.rows.insert((subscriber, sequence), Delivery(subscriber, sequence))
        self.cursors.put(subscriber, cursor)

    def open(self, subscriber: str, limit: int) -> Sequence[Delivery]:
        """In order of sequence."""
        through = self.cursors.get(subscriber) or 0
        return sorted((item for item in self._of(subscriber) if item.status not in _DONE and item.sequence <= through),
                      key=_order)[:limit]

    def _of(self, subscriber: str) -> Sequence[Delivery]:
        return [item for item in self.rows if item.subscriber == subscriber]

    def get(self, subscriber: str, sequence: int) -> Delivery | None:
        """One delivery."""
        return self.rows.get((subscriber, sequence))

    def _set(self, item: Delivery | None, **values: Any) -> None:
        if item is not None:
            self.rows.put((item.subscriber, item.sequence), replace(item, **values))

    def mark(self, subscriber: str, sequence: int, status: DeliveryStatus, *, attempts: int,
             error: str | None = None, not_before: datetime | None = None) -> None:
        """One that is acknowledged stays so."""
        item = self.get(subscriber, sequence)
        if item is not None and item.status is not DeliveryStatus.ACKNOWLEDGED:
            self._set(item, status=status, attempts=attempts, error=error, not_before=utc(not_before))

    def acknowledge(self, subscriber: str, sequence: int, at: datetime) -> None:
        """The first time is kept."""
        item = self.get(subscriber, sequence) or Delivery(subscriber, sequence)
        self._set(item, status=DeliveryStatus.ACKNOWLEDGED, error=None, not_before=None,
                  acknowledged_at=item.acknowledged_at or utc(at))

    def replay(self, subscriber: str, after: int) -> None:
        """Everything after this sequence is open again."""
        for item in self._of(subscriber):
            if item.sequence > after:
                self._set(item, status=DeliveryStatus.QUEUED, attempts=0, not_before=None, error=None)
        if subscriber in self.cursors.names():
            self.cursors.put(subscriber, after)

    def oldest_dead(self, subscriber: str) -> int | None:
        """The first that was given up."""
        stopped = (DeliveryStatus.DEAD, DeliveryStatus.GONE)
        return min((item.sequence for item in self._of(subscriber) if item.status in stopped), default=None)

    def count(self, subscriber: str) -> Mapping[DeliveryStatus, int]:
        """By status."""
        return dict(Counter(item.status for item in self._of(subscriber)))

    def of_party(self, party_id: str) -> Sequence[tuple[Delivery, Change]]:
        """In order of sequence."""
        pairs = [(item, self._ledger.rows.get(item.sequence)) for item in self.rows]
        found = [(item, _change(entry)) for item, entry in pairs if entry and entry.event.party_id == party_id]
        return sorted(found, key=_pair)


def _order(item: Delivery) -> int:
    return item.sequence


def _pair(pair: tuple[Delivery, Change]) -> tuple[int, str]:
    return pair[0].sequence, pair[0].subscriber
