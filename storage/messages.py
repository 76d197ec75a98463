"""Inbox and outbox: rows say what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from storage import schema
from storage.records import ChannelKind, Handle, InboxItem, InboxStatus, OutboxItem, OutboxStatus


def insert_ignore(connection: Connection, table: Any) -> Any:
    """INSERT ... ON CONFLICT DO NOTHING in the connection's dialect."""
    make: Any = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return make(table).on_conflict_do_nothing()


def _inbox(row: Row[Any]) -> InboxItem:
    values = dict(row._mapping)
    del values["seq"]
    values |= {"channel": ChannelKind(row.channel), "status": InboxStatus(row.status), "raw": bytes(row.raw)}
    return InboxItem(**values)


def _outbox(row: Row[Any]) -> OutboxItem:
    values = dict(row._mapping)
    for name in ("seq", "handle_kind", "handle_value"):
        del values[name]
    values |= {"channel": ChannelKind(row.channel), "status": OutboxStatus(row.status), "payload": bytes(row.payload),
               "recipient": Handle(ChannelKind(row.handle_kind), row.handle_value)}
    return OutboxItem(**values)


class SqlInbox:
    """What was received."""

    def __init__(self, connection: Connection) -> None:
        """On one transaction's connection."""
        self._c = connection

    def add(self, item: InboxItem) -> bool:
        """False when (source, external_id) or the content is there already."""
        values = {**{name: getattr(item, name) for name in item.__slots__}, "envelope": dict(item.envelope),
                  "channel": str(item.channel), "status": str(item.status)}
        query = insert_ignore(self._c, schema.inbox).values(values).returning(schema.inbox.c.id)
        return self._c.execute(query).first() is not None

    def get(self, item_id: str) -> InboxItem | None:
        """One item."""
        row = self._c.execute(select(schema.inbox).where(schema.inbox.c.id == item_id)).one_or_none()
        return _inbox(row) if row else None

    def claim(self, item_id: str | None = None) -> InboxItem | None:
        """Lock the oldest pending item, or this one."""
        query = select(schema.inbox).where(schema.inbox.c.status == InboxStatus.PENDING.value)
        if item_id is not None:
            query = query.where(schema.inbox.c.id == item_id)
        row = self._c.execute(query.order_by(schema.inbox.c.seq).limit(1).with_for_update(skip_locked=True)).first()
        return _inbox(row) if row else None

    def _set(self, item_id: str, **values: Any) -> int:
        return self._c.execute(update(schema.inbox).where(schema.inbox.c.id == item_id).values(**values)).rowcount

    def finish(self, item_id: str, status: InboxStatus, explanation: Mapping[str, Any]) -> None:
        """Record the decision."""
        self._set(item_id, status=status.value, explanation=dict(explanation), error=None, stage=None)

    def fail(self, item_id: str, stage: str, error: str) -> None:
        """Keep what raised."""
        self._set(item_id, status=InboxStatus.FAILED.value, stage=stage, error=error,
                  attempts=schema.inbox.c.attempts + 1)

    def release(self, item_id: str) -> bool:
        """Pending again, when it was held or failed."""
        waiting = schema.inbox.c.status.in_([InboxStatus.HELD.value, InboxStatus.FAILED.value])
        query = update(schema.inbox).where(schema.inbox.c.id == item_id, waiting)
        return self._c.execute(query.values(status=InboxStatus.PENDING.value)).rowcount == 1

    def list(self, statuses: Sequence[InboxStatus], limit: int = 50) -> Sequence[InboxItem]:
        """Newest first."""
        query = select(schema.inbox).where(schema.inbox.c.status.in_([status.value for status in statuses]))
        return [_inbox(row) for row in self._c.execute(query.order_by(schema.inbox.c.seq.desc()).limit(limit))]

    def count(self) -> Mapping[InboxStatus, int]:
        """Items by status."""
        rows = self._c.execute(select(schema.inbox.c.status, func.count()).group_by(schema.inbox.c.status))
        return {InboxStatus(status): number for status, number in rows}


class SqlOutbox:
    """What is to be sent."""

    def __init__(self, connection: Connection) -> None:
        """On one transaction's connection."""
        self._c = connection

    def add(self, item: OutboxItem) -> None:
        """Queue."""
        values = {name: getattr(item, name) for name in item.__slots__ if name != "recipient"}
        values |= {"channel": str(item.channel), "status": str(item.status),
                   "handle_kind": str(item.recipient.kind), "handle_value": item.recipient.value}
        self._c.execute(schema.outbox.insert().values(values))

    def claim(self, now: datetime, limit: int) -> Sequence[OutboxItem]:
        """Due queued rows become SENDING."""
        table = schema.outbox
        due = or_(table.c.not_before.is_(None), table.c.not_before <= now)
        query = select(table).where(table.c.status == OutboxStatus.QUEUED.value, due).order_by(table.c.seq)
        rows = self._c.execute(query.limit(limit).with_for_update(skip_locked=True)).all()
        ids = [row.id for row in rows]
        if ids:
            self._c.execute(update(table).where(table.c.id.in_(ids)).values(
                status=OutboxStatus.SENDING.value, attempts=table.c.attempts + 1))
        changed = {"status": OutboxStatus.SENDING}
        return [OutboxItem(**{**_fields(_outbox(row)), **changed, "attempts": row.attempts + 1}) for row in rows]

    def mark(self, item_id: str, status: OutboxStatus, *, error: str | None = None,
             not_before: datetime | None = None) -> None:
        """Move one row."""
        self._c.execute(update(schema.outbox).where(schema.outbox.c.id == item_id).values(
            status=status.value, error=error, not_before=not_before))

    def recover(self) -> int:
        """SENDING rows of a dead process are queued again."""
        sending = schema.outbox.c.status == OutboxStatus.SENDING.value
        return self._c.execute(update(schema.outbox).where(sending).values(status=OutboxStatus.QUEUED.value)).rowcount

    def count(self) -> Mapping[OutboxStatus, int]:
        """Rows by status."""
        rows = self._c.execute(select(schema.outbox.c.status, func.count()).group_by(schema.outbox.c.status))
        return {OutboxStatus(status): number for status, number in rows}

    def list(self, limit: int = 50) -> Sequence[OutboxItem]:
        """Newest first."""
        query = select(schema.outbox).order_by(schema.outbox.c.seq.desc()).limit(limit)
        return [_outbox(row) for row in self._c.execute(query)]

    def replies_since(self, recipient: Handle, since: datetime) -> int:
        """Messages queued to this handle since then."""
        table = schema.outbox
        query = select(func.count()).where(table.c.handle_value == recipient.value,
                                           table.c.handle_kind == str(recipient.kind), table.c.created_at >= since)
        return int(self._c.execute(query).scalar_one())

    def by_message_id(self, message_id: str) -> OutboxItem | None:
        """The message of ours with this Message-ID."""
        row = self._c.execute(select(schema.outbox).where(schema.outbox.c.message_id == message_id)).one_or_none()
        return _outbox(row) if row else None


def _fields(item: OutboxItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__slots__}


