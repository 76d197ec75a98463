"""What recipients are told, in the ledger's order; and how far each of them was told (GDPR 19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from storage.listed import by_dialect, given
from storage.records import (
    Capacity,
    Change,
    ChannelKind,
    ConsentStatus,
    Delivery,
    DeliveryStatus,
    EventTag,
    Handle,
)
from storage.schema import delivery, ledger, subscriber
from storage.schema import handle as handles
from storage.session import Session, Statement
from storage.upsert import ignoring

_TOLD = [literal(tag.value) for tag in EventTag if tag.for_recipients]
_SHOWN = ("sequence", "id", "tag", "party_id", "capacity", "purpose", "channel", "status_before", "status_after",
          "occurred_at", "recorded_at", "regime")
_CHANGES = select(*(ledger.c[name] for name in _SHOWN))
_AFTER = Statement(_CHANGES.where(ledger.c.sequence > bindparam("after"), ledger.c.tag.in_(_TOLD))
                   .order_by(ledger.c.sequence).limit(bindparam("most")))
_ONE = Statement(_CHANGES.where(ledger.c.sequence == bindparam("sequence"), ledger.c.tag.in_(_TOLD)))
_NEWEST = Statement(select(func.max(ledger.c.sequence)))
_HANDLES = Statement(by_dialect(lambda among: select(handles.c.party_id, handles.c.kind, handles.c.value)
                                .where(among(handles.c.party_id, "parties"))
                                .order_by(handles.c.party_id, handles.c.kind, handles.c.value)))
_OF = subscriber.c.name == bindparam("subscriber")
_CURSOR = select(subscriber.c.after).where(_OF)
_CURSOR_READ, _CURSOR_LOCKED = Statement(_CURSOR), Statement(_CURSOR.with_for_update())
_BEGIN = Statement(ignoring(subscriber), ("name", "after"))
_MOVE = Statement(update(subscriber).where(_OF), ("after",))
_FIELDS = ("subscriber", "sequence", "status", "attempts", "not_before", "error", "acknowledged_at")
_QUEUE = Statement(ignoring(delivery), _FIELDS)
_THEIRS = delivery.c.subscriber == bindparam("to")
_THIS = (_THEIRS, delivery.c.sequence == bindparam("change"))
_DELIVERIES = select(*(delivery.c[name] for name in _FIELDS))
_LEFT = [literal(status.value) for status in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.GONE)]
_STOPPED = [literal(status.value) for status in (DeliveryStatus.DEAD, DeliveryStatus.GONE)]
_OPEN = Statement(_DELIVERIES.where(_THEIRS, delivery.c.status.in_(_LEFT), delivery.c.sequence <= bindparam("through"))
                  .order_by(delivery.c.sequence).limit(bindparam("most")))
_GET = Statement(_DELIVERIES.where(*_THIS))
_MARK = Statement(update(delivery).where(*_THIS, delivery.c.status != DeliveryStatus.ACKNOWLEDGED.value),
                  ("status", "attempts", "not_before", "error"))
_COUNT = Statement(select(delivery.c.status, func.count()).where(_THEIRS).group_by(delivery.c.status))
_OLDEST_DEAD = Statement(select(func.min(delivery.c.sequence)).where(
    _THEIRS, delivery.c.status.in_(_STOPPED)))
_REPLAY = Statement(update(delivery).where(_THEIRS, delivery.c.sequence > bindparam("after"))
                    .values(status=DeliveryStatus.QUEUED.value, attempts=0, not_before=None, error=None))
_OF_PARTY = Statement(
    select(*(delivery.c[name] for name in _FIELDS), *(ledger.c[name] for name in _SHOWN))
    .join(ledger, ledger.c.sequence == delivery.c.sequence).where(ledger.c.party_id == bindparam("party"))
    .order_by(delivery.c.sequence, delivery.c.subscriber))


def _acknowledged() -> Statement:
    """INSERT or UPDATE; the first acknowledgement is the one that counts."""
    made = {}
    for dialect, insertion in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert)):
        query: Any = insertion(delivery)
        made[dialect] = query.inline().on_conflict_do_update(index_elements=["subscriber", "sequence"], set_={
            "status": query.excluded.status, "error": None, "not_before": None,
            "acknowledged_at": func.coalesce(delivery.c.acknowledged_at, query.excluded.acknowledged_at)})
    return Statement(made, _FIELDS)


_ACKNOWLEDGE = _acknowledged()


def _change(row: Sequence[Any]) -> Change:
    sequence, entry_id, tag, party_id, capacity, purpose, channel, before, after, occurred, recorded, regime = row
    return Change(sequence, entry_id, EventTag(tag), party_id, Capacity(capacity), purpose, channel,
                  ConsentStatus(before), ConsentStatus(after), occurred, recorded, regime)


def _delivery(row: Sequence[Any]) -> Delivery:
    name, sequence, status, *rest = row
    return Delivery(name, sequence, DeliveryStatus(status), *rest)


def _values(item: Delivery) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _FIELDS} | {"status": item.status.value}


class SqlChanges:
    """In one transaction. The ledger is appended under one lock: a sequence below one that was read never appears."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def list(self, after: int, limit: int) -> Sequence[Change]:
        """In order of sequence."""
        return [_change(row) for row in self._s.all(_AFTER, {"after": after, "most": limit})]

    def get(self, sequence: int) -> Change | None:
        """One change."""
        row = self._s.first(_ONE, {"sequence": sequence})
        return _change(row) if row else None

    def newest(self) -> int:
        """The newest entry's sequence, 0 when there is none."""
        row = self._s.first(_NEWEST)
        return (row[0] or 0) if row else 0

    def handles(self, party_ids: Sequence[str]) -> Mapping[str, Sequence[Handle]]:
        """The handles on file now, by party; a party without any is left out."""
        found: dict[str, list[Handle]] = {}
        for party_id, kind, value in self._s.all(_HANDLES, {"parties": given(self._s, party_ids)}):
            found.setdefault(party_id, []).append(Handle(ChannelKind(kind), value))
        return found


class SqlDeliveries:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def begin(self, subscriber: str, after: int) -> None:
        """A recipient is told of what comes after this sequence; nothing happens when it is known already."""
        self._s.run(_BEGIN, {"name": subscriber, "after": after})

    def cursor(self, subscriber: str, *, lock: bool = False) -> int | None:
        """Up to where deliveries were made; None for one never seen. `lock`: nobody else's until the unit ends."""
        row = self._s.first(_CURSOR_LOCKED if lock else _CURSOR_READ, {"subscriber": subscriber})
        return int(row[0]) if row else None

    def queue(self, subscriber: str, sequences: Sequence[int], cursor: int) -> None:
        """Make deliveries where there are none yet, and move the cursor."""
        for sequence in sequences:
            self._s.run(_QUEUE, _values(Delivery(subscriber, sequence)))
        self._s.run(_MOVE, {"subscriber": subscriber, "after": cursor})

    def open(self, subscriber: str, limit: int) -> Sequence[Delivery]:
        """What is neither acknowledged nor given up, up to the cursor, in order of sequence."""
        through = self.cursor(subscriber) or 0
        rows = self._s.all(_OPEN, {"to": subscriber, "through": through, "most": limit})
        return [_delivery(row) for row in rows]

    def get(self, subscriber: str, sequence: int) -> Delivery | None:
        """One delivery."""
        row = self._s.first(_GET, {"to": subscriber, "change": sequence})
        return _delivery(row) if row else None

    def mark(self, subscriber: str, sequence: int, status: DeliveryStatus, *, attempts: int,
             error: str | None = None, not_before: datetime | None = None) -> None:
        """Move one delivery; one that is acknowledged stays so."""
        self._s.run(_MARK, {"to": subscriber, "change": sequence, "status": status.value, "attempts": attempts,
                            "error": error, "not_before": not_before})

    def acknowledge(self, subscriber: str, sequence: int, at: datetime) -> None:
        """The recipient has it; the first time it said so is kept."""
        done = Delivery(subscriber, sequence, DeliveryStatus.ACKNOWLEDGED, acknowledged_at=at)
        self._s.run(_ACKNOWLEDGE, _values(done))

    def replay(self, subscriber: str, after: int) -> None:
        """Tell everything after this sequence again, in order; acknowledgements stay."""
        self._s.run(_REPLAY, {"to": subscriber, "after": after})
        self._s.run(_MOVE, {"subscriber": subscriber, "after": after})

    def oldest_dead(self, subscriber: str) -> int | None:
        """The sequence of the first that was given up, or that 410 stopped."""
        row = self._s.first(_OLDEST_DEAD, {"to": subscriber})
        return row[0] if row else None

    def count(self, subscriber: str) -> Mapping[DeliveryStatus, int]:
        """Deliveries by status."""
        return {DeliveryStatus(status): number for status, number in self._s.all(_COUNT, {"to": subscriber})}

    def of_party(self, party_id: str) -> Sequence[tuple[Delivery, Change]]:
        """Which recipients were told of which change of this party, in order of sequence."""
        width = len(_FIELDS)
        return [(_delivery(row[:width]), _change(row[width:])) for row in self._s.all(_OF_PARTY, {"party": party_id})]
