"""What was received: rows say what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, false, func, or_, select, update

from storage.records import ChannelKind, InboxItem, InboxStatus
from storage.schema import inbox
from storage.session import Session, Statement
from storage.upsert import ignoring

FIELDS = ("id", "channel", "source", "external_id", "content_hash", "raw", "envelope", "received_at", "status",
           "stage", "error", "attempts", "explanation")
ROWS = select(*(inbox.c[name] for name in FIELDS))
_ADD = Statement(ignoring(inbox, inbox.c.seq), FIELDS)
_GET = Statement(ROWS.where(inbox.c.id == bindparam("item")))
_BY_HASH = Statement(ROWS.where(inbox.c.content_hash == bindparam("digest")))
_FREE = ROWS.where(inbox.c.status == InboxStatus.PENDING.value).order_by(inbox.c.seq).limit(1)
_CLAIM = Statement(_FREE.with_for_update(skip_locked=True))
_CLAIM_ONE = Statement(_FREE.where(inbox.c.id == bindparam("item")).with_for_update(skip_locked=True))
_SET = update(inbox).where(inbox.c.id == bindparam("item"))
_FINISH = Statement(_SET, ("status", "explanation", "stage", "error"))
_FAIL = Statement(_SET.values(attempts=inbox.c.attempts + 1, status=InboxStatus.FAILED.value), ("stage", "error"))
_RELEASE = Statement(_SET.where(or_(inbox.c.status == InboxStatus.HELD.value,
                                     inbox.c.status == InboxStatus.FAILED.value)).values(
    status=InboxStatus.PENDING.value))
_PENDING = Statement(select(func.count()).where(inbox.c.status == InboxStatus.PENDING.value))
_OLDEST = Statement(select(inbox.c.received_at).where(inbox.c.status == InboxStatus.PENDING.value)
                    .order_by(inbox.c.seq).limit(1))
_HELD = Statement(select(inbox.c.id, inbox.c.explanation).where(inbox.c.status == InboxStatus.HELD.value))
_COUNT = Statement(select(inbox.c.status, func.count()).group_by(inbox.c.status))


@lru_cache(32)
def _listed(statuses: tuple[str, ...]) -> Statement:
    wanted = or_(false(), *(inbox.c.status == status for status in statuses))
    return Statement(ROWS.where(wanted).order_by(inbox.c.seq.desc()).limit(bindparam("most")))


def item_of(row: Any) -> InboxItem:
    """Of a row of `FIELDS`."""
    (item_id, channel, source, external_id, content_hash, raw, envelope, received_at, status, stage, error, attempts,
     explanation) = row
    return InboxItem(item_id, ChannelKind(channel), source, external_id, content_hash, bytes(raw), envelope,
                     received_at, InboxStatus(status), stage, error, attempts, explanation)


class SqlInbox:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def add(self, item: InboxItem) -> bool:
        """False when (source, external_id) or the content is there already."""
        values = {name: getattr(item, name) for name in FIELDS}
        values["envelope"] = dict(item.envelope)
        values["channel"], values["status"] = item.channel.value, item.status.value
        return self._s.first(_ADD, values) is not None

    def get(self, item_id: str) -> InboxItem | None:
        """One item."""
        row = self._s.first(_GET, {"item": item_id})
        return item_of(row) if row else None

    def by_hash(self, content_hash: str) -> InboxItem | None:
        """The message with these bytes."""
        row = self._s.first(_BY_HASH, {"digest": content_hash})
        return item_of(row) if row else None

    def claim(self, item_id: str | None = None) -> InboxItem | None:
        """Lock the oldest pending item, or this one."""
        row = self._s.first(_CLAIM) if item_id is None else self._s.first(_CLAIM_ONE, {"item": item_id})
        return item_of(row) if row else None

    def finish(self, item_id: str, status: InboxStatus, explanation: Mapping[str, Any]) -> None:
        """Record the decision."""
        self._s.run(_FINISH, {"item": item_id, "status": status.value, "explanation": dict(explanation), "stage": None,
                              "error": None})

    def fail(self, item_id: str, stage: str, error: str) -> None:
        """Keep what raised."""
        self._s.run(_FAIL, {"item": item_id, "stage": stage, "error": error})

    def release(self, item_id: str) -> bool:
        """Pending again, when it was held or failed."""
        return self._s.run(_RELEASE, {"item": item_id}) == 1

    def list(self, statuses: Sequence[InboxStatus], limit: int = 50) -> Sequence[InboxItem]:
        """Newest first."""
        wanted = _listed(tuple(status.value for status in statuses))
        return [item_of(row) for row in self._s.all(wanted, {"most": limit})]

    def oldest_pending(self) -> datetime | None:
        """When the oldest item that is still to decide came."""
        row = self._s.first(_OLDEST)
        return row[0] if row else None

    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """Every held item's explanation by its id."""
        return {item_id: explanation or {} for item_id, explanation in self._s.all(_HELD)}

    def count(self) -> Mapping[InboxStatus, int]:
        """Items by status."""
        return {InboxStatus(status): number for status, number in self._s.all(_COUNT)}

    def pending(self) -> int:
        """How many are left to decide."""
        row = self._s.first(_PENDING)
        return int(row[0]) if row else 0
