"""Inbox, outbox and examples in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from storage.records import Handle, InboxItem, InboxStatus, LabelledExample, OutboxItem, OutboxStatus
from storage.rows import Rows, plain, unique, utc
from storage.unit_of_work import LEASE


class MemoryInbox:
    """What was received."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, InboxItem] = Rows()
        self.seen: Rows[tuple[str, str], str] = Rows()  # (source, external id), and ("", content hash)

    def add(self, item: InboxItem) -> bool:
        """False when (source, external_id) or the content is there already."""
        keys = ((item.source, item.external_id), ("", item.content_hash))
        if any(self.seen.get(key) for key in keys) or self.rows.get(item.id):
            return False
        for key in keys:
            self.seen.put(key, item.id)
        self.rows.put(item.id, replace(item, envelope=plain(item.envelope)))
        return True

    def get(self, item_id: str) -> InboxItem | None:
        """One item."""
        return self.rows.get(item_id)

    def by_hash(self, content_hash: str) -> InboxItem | None:
        """The message with these bytes."""
        return self.rows.get(self.seen.get(("", content_hash)) or "")

    def claim(self, item_id: str | None = None) -> InboxItem | None:
        """The oldest pending item, or this one: the unit of work is alone."""
        return next((item for item in self.rows if item.status is InboxStatus.PENDING
                     and item_id in (None, item.id)), None)

    def _set(self, item_id: str, **changes: Any) -> None:
        item = self.rows.get(item_id)
        if item is not None:
            self.rows.put(item_id, replace(item, **changes))

    def finish(self, item_id: str, status: InboxStatus, explanation: Mapping[str, Any]) -> None:
        """Record the decision."""
        self._set(item_id, status=status, explanation=plain(explanation), stage=None, error=None)

    def fail(self, item_id: str, stage: str, error: str) -> None:
        """Keep what raised."""
        item = self.rows.get(item_id)
        self._set(item_id, status=InboxStatus.FAILED, stage=stage, error=error,
                  attempts=item.attempts + 1 if item else 0)

    def release(self, item_id: str) -> bool:
        """Pending again, when it was held or failed."""
        item = self.rows.get(item_id)
        if item is None or item.status not in (InboxStatus.HELD, InboxStatus.FAILED):
            return False
        self._set(item_id, status=InboxStatus.PENDING)
        return True

    def list(self, statuses: Sequence[InboxStatus], limit: int = 50) -> Sequence[InboxItem]:
        """Newest first."""
        return [item for item in self.rows.newest() if item.status in statuses][:limit]

    def oldest_pending(self) -> datetime | None:
        """When the oldest item that is still to decide came."""
        return next((item.received_at for item in self.rows if item.status is InboxStatus.PENDING), None)

    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """Every held item's explanation by its id."""
        return {item.id: item.explanation or {} for item in self.rows if item.status is InboxStatus.HELD}

    def count(self) -> Mapping[InboxStatus, int]:
        """Items by status."""
        return dict(Counter(item.status for item in self.rows))

    def pending(self) -> int:
        """How many are left to decide."""
        return sum(item.status is InboxStatus.PENDING for item in self.rows)


class MemoryOutbox:
    """What is to be sent."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, OutboxItem] = Rows()
        self.named: Rows[str, str] = Rows()

    def add(self, item: OutboxItem) -> None:
        """Queue."""
        unique(self.rows.insert(item.id, item) and self.named.insert(item.message_id, item.id), "The message")

    def claim(self, now: datetime, limit: int, lease: timedelta = LEASE) -> Sequence[OutboxItem]:
        """Due queued rows become SENDING."""
        due = [item for item in self.rows if item.status is OutboxStatus.QUEUED
               and (item.not_before is None or item.not_before <= now)][:limit]
        moved = [replace(item, status=OutboxStatus.SENDING, attempts=item.attempts + 1, not_before=utc(now + lease))
                 for item in due]
        for item in moved:
            self.rows.put(item.id, item)
        return moved

    def mark(self, item_id: str, status: OutboxStatus, *, error: str | None = None,
             not_before: datetime | None = None) -> None:
        """Move one row."""
        item = self.rows.get(item_id)
        if item is not None:
            self.rows.put(item_id, replace(item, status=status, error=error, not_before=utc(not_before)))

    def recover(self, now: datetime | None = None) -> int:
        """SENDING rows of a dead process are queued again."""
        left = [item for item in self.rows if item.status is OutboxStatus.SENDING
                and (now is None or (item.not_before is not None and item.not_before <= now))]
        for item in left:
            self.rows.put(item.id, replace(item, status=OutboxStatus.QUEUED, not_before=None))
        return len(left)

    def count(self) -> Mapping[OutboxStatus, int]:
        """Rows by status."""
        return dict(Counter(item.status for item in self.rows))

    def list(self, limit: int = 50) -> Sequence[OutboxItem]:
        """Newest first."""
        return self.rows.newest()[:limit]

    def replies_since(self, recipient: Handle, since: datetime) -> int:
        """Messages queued to this handle since then."""
        return sum(item.recipient == recipient and item.created_at >= since for item in self.rows)

    def get(self, item_id: str) -> OutboxItem | None:
        """One message by its id."""
        return self.rows.get(item_id)

    def answers_to(self, inbox_id: str) -> Sequence[OutboxItem]:
        """What we answered to a received message, oldest first."""
        return [item for item in self.rows if item.inbox_id == inbox_id]

    def by_message_id(self, message_id: str) -> OutboxItem | None:
        """The message of ours with this Message-ID."""
        return self.rows.get(self.named.get(message_id) or "")


class MemoryExamples:
    """What reviewers said that messages want. Nothing is sealed: it is in memory alone."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, LabelledExample] = Rows()
        self.of: Rows[str, str] = Rows()  # inbox id -> id

    def add(self, example: LabelledExample) -> None:
        """Keep it."""
        unique(self.rows.insert(example.id, example) and self.of.insert(example.inbox_id, example.id), "The example")

    def list(self, after: str = "", limit: int = 1000) -> Sequence[LabelledExample]:
        """Oldest first."""
        names = self.rows.names()
        start = names.index(after) + 1 if after in names else 0
        return list(self.rows)[start : start + limit]

    def count(self) -> int:
        """How many there are."""
        return len(self.rows)
