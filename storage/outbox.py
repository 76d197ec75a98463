"""What is to be sent: queued -> sending -> sent, each move its own commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update

from storage.records import ChannelKind, Handle, OutboxItem, OutboxStatus
from storage.schema import Moment, outbox
from storage.session import Session, Statement
from storage.unit_of_work import LEASE

_FIELDS = ("id", "channel", "template", "language", "envelope_from", "payload", "message_id", "inbox_id", "created_at",
           "status", "attempts", "not_before", "error")
_COLUMNS = (*(outbox.c[name] for name in _FIELDS), outbox.c.handle_kind, outbox.c.handle_value, outbox.c.seq)
_ROWS = select(*_COLUMNS)
_ADD = Statement(insert(outbox).inline(), (*_FIELDS, "handle_kind", "handle_value"))
_NOW = bindparam("now", type_=Moment())
_DUE = (select(outbox.c.seq)
        .where(outbox.c.status == OutboxStatus.QUEUED.value,
               or_(outbox.c.not_before.is_(None), outbox.c.not_before <= _NOW))
        .order_by(outbox.c.seq).limit(bindparam("most")).with_for_update(skip_locked=True).cte("due"))
_CLAIM = Statement(
    update(outbox).where(outbox.c.seq.in_(select(_DUE.c.seq)))
    .values(status=OutboxStatus.SENDING.value, attempts=outbox.c.attempts + 1,
            not_before=bindparam("lease", type_=Moment())).returning(*_COLUMNS))
_MARK = Statement(update(outbox).where(outbox.c.id == bindparam("item")), ("status", "error", "not_before"))
_SENDING = update(outbox).where(outbox.c.status == OutboxStatus.SENDING.value)
_RECOVER = Statement(_SENDING.values(status=OutboxStatus.QUEUED.value, not_before=None))
_RECOVER_OVERDUE = Statement(_SENDING.where(outbox.c.not_before <= _NOW)
                             .values(status=OutboxStatus.QUEUED.value, not_before=None))
_COUNT = Statement(select(outbox.c.status, func.count()).group_by(outbox.c.status))
_LIST = Statement(_ROWS.order_by(outbox.c.seq.desc()).limit(bindparam("most")))
_SINCE = Statement(select(func.count()).where(
    outbox.c.handle_value == bindparam("value"), outbox.c.handle_kind == bindparam("kind"),
    outbox.c.created_at >= bindparam("since", type_=Moment())))
_BY_ID = Statement(_ROWS.where(outbox.c.id == bindparam("item")))
_ANSWERS = Statement(_ROWS.where(outbox.c.inbox_id == bindparam("inbox")).order_by(outbox.c.seq))
_BY_MESSAGE_ID = Statement(_ROWS.where(outbox.c.message_id == bindparam("message_id")))


def _item(row: Any) -> OutboxItem:
    (item_id, channel, template, language, envelope_from, payload, message_id, inbox_id, created_at, status, attempts,
     not_before, error, kind, value, _seq) = row
    return OutboxItem(item_id, ChannelKind(channel), Handle(ChannelKind(kind), value), template, language,
                      envelope_from, bytes(payload), message_id, inbox_id, created_at, OutboxStatus(status), attempts,
                      not_before, error)


class SqlOutbox:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def add(self, item: OutboxItem) -> None:
        """Queue."""
        values = {name: getattr(item, name) for name in _FIELDS}
        values["channel"], values["status"] = item.channel.value, item.status.value
        values["handle_kind"], values["handle_value"] = item.recipient.kind.value, item.recipient.value
        self._s.run(_ADD, values)

    def claim(self, now: datetime, limit: int, lease: timedelta = LEASE) -> Sequence[OutboxItem]:
        """Due queued rows become SENDING, oldest first."""
        rows = self._s.all(_CLAIM, {"now": now, "most": limit, "lease": now + lease})
        return [_item(row) for row in sorted(rows, key=_sequence)]

    def mark(self, item_id: str, status: OutboxStatus, *, error: str | None = None,
             not_before: datetime | None = None) -> None:
        """Move one row."""
        self._s.run(_MARK, {"item": item_id, "status": status.value, "error": error, "not_before": not_before})

    def recover(self, now: datetime | None = None) -> int:
        """SENDING rows of a dead process are queued again."""
        return self._s.run(_RECOVER_OVERDUE, {"now": now}) if now else self._s.run(_RECOVER)

    def count(self) -> Mapping[OutboxStatus, int]:
        """Rows by status."""
        return {OutboxStatus(status): number for status, number in self._s.all(_COUNT)}

    def list(self, limit: int = 50) -> Sequence[OutboxItem]:
        """Newest first."""
        return [_item(row) for row in self._s.all(_LIST, {"most": limit})]

    def replies_since(self, recipient: Handle, since: datetime) -> int:
        """Messages queued to this handle since then."""
        wanted = {"value": recipient.value, "kind": recipient.kind.value, "since": since}
        row = self._s.first(_SINCE, wanted)
        return int(row[0]) if row else 0

    def get(self, item_id: str) -> OutboxItem | None:
        """One message by its id."""
        row = self._s.first(_BY_ID, {"item": item_id})
        return _item(row) if row else None

    def answers_to(self, inbox_id: str) -> Sequence[OutboxItem]:
        """What we answered to a received message, oldest first."""
        return [_item(row) for row in self._s.all(_ANSWERS, {"inbox": inbox_id})]

    def by_message_id(self, message_id: str) -> OutboxItem | None:
        """The message of ours with this Message-ID."""
        row = self._s.first(_BY_MESSAGE_ID, {"message_id": message_id})
        return _item(row) if row else None


def _sequence(row: Any) -> int:
    return int(row[-1])
