"""What was received: rows say what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from storage.records import ChannelKind, InboxItem, InboxStatus
from storage.schema import inbox
from storage.upsert import ignoring

_FIELDS = ("id", "channel", "source", "external_id", "content_hash", "raw", "envelope", "received_at", "status",
           "stage", "error", "attempts", "explanation")
_ROWS = select(*(inbox.c[name] for name in _FIELDS))
_ADD = ignoring(inbox, inbox.c.seq)
_GET = _ROWS.where(inbox.c.id == bindparam("item"))
_FREE = _ROWS.where(inbox.c.status == InboxStatus.PENDING.value).order_by(inbox.c.seq).limit(1)
_CLAIM = _FREE.with_for_update(skip_locked=True)
_CLAIM_ONE = _FREE.where(inbox.c.id == bindparam("item")).with_for_update(skip_locked=True)
_SET = update(inbox).where(inbox.c.id == bindparam("item"))
_FAIL = _SET.values(attempts=inbox.c.attempts + 1, status=InboxStatus.FAILED.value)
_RELEASE = _SET.where(inbox.c.status.in_([InboxStatus.HELD.value, InboxStatus.FAILED.value])).values(
    status=InboxStatus.PENDING.value)
_LIST = (_ROWS.where(inbox.c.status.in_(bindparam("statuses", expanding=True)))
         .order_by(inbox.c.seq.desc()).limit(bindparam("most")))
_COUNT = select(inbox.c.status, func.count()).group_by(inbox.c.status)


def _item(row: Any) -> InboxItem:
    (item_id, channel, source, external_id, content_hash, raw, envelope, received_at, status, stage, error, attempts,
     explanation) = row
    return InboxItem(item_id, ChannelKind(channel), source, external_id, content_hash, bytes(raw), envelope,
                     received_at, InboxStatus(status), stage, error, attempts, explanation)


class SqlInbox:
    """On one transaction's connection."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is read yet."""
        self._c = connection

    def add(self, item: InboxItem) -> bool:
        """False when (source, external_id) or the content is there already."""
        values = {name: getattr(item, name) for name in _FIELDS}
        values["envelope"] = dict(item.envelope)
        values["channel"], values["status"] = item.channel.value, item.status.value
        return self._c.execute(_ADD[self._c.dialect.name], values).first() is not None

    def get(self, item_id: str) -> InboxItem | None:
        """One item."""
        row = self._c.execute(_GET, {"item": item_id}).one_or_none()
        return _item(row) if row else None

    def claim(self, item_id: str | None = None) -> InboxItem | None:
        """Lock the oldest pending item, or this one."""
        found = self._c.execute(_CLAIM) if item_id is None else self._c.execute(_CLAIM_ONE, {"item": item_id})
        row = found.first()
        return _item(row) if row else None

    def finish(self, item_id: str, status: InboxStatus, explanation: Mapping[str, Any]) -> None:
        """Record the decision."""
        self._c.execute(_SET, {"item": item_id, "status": status.value, "explanation": dict(explanation),
                               "error": None, "stage": None})

    def fail(self, item_id: str, stage: str, error: str) -> None:
        """Keep what raised."""
        self._c.execute(_FAIL, {"item": item_id, "stage": stage, "error": error})

    def release(self, item_id: str) -> bool:
        """Pending again, when it was held or failed."""
        return self._c.execute(_RELEASE, {"item": item_id}).rowcount == 1

    def list(self, statuses: Sequence[InboxStatus], limit: int = 50) -> Sequence[InboxItem]:
        """Newest first."""
        wanted = {"statuses": [status.value for status in statuses], "most": limit}
        return [_item(row) for row in self._c.execute(_LIST, wanted)]

    def count(self) -> Mapping[InboxStatus, int]:
        """Items by status."""
        return {InboxStatus(status): number for status, number in self._c.execute(_COUNT)}
