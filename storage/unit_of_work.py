"""The unit of work: everything one step of the line reads and writes, in one database transaction.

Rolls back unless told to commit. SQLite, PostgreSQL and memory implement the same protocols and pass the
same contract tests (`tests/contract/`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

from storage.records import (
    Capacity,
    ConsentEvent,
    ConsentState,
    Handle,
    InboxItem,
    InboxStatus,
    Invitation,
    LabelledExample,
    LedgerEntry,
    Notice,
    OutboxItem,
    OutboxStatus,
    Party,
    RightsRequest,
)
from storage.repositories import (
    Audits,
    CallAttempts,
    Changes,
    Checkpoints,
    Deliveries,
    Erasures,
    Expiries,
    Files,
    Imports,
    Relations,
    Retention,
)


class Inbox(Protocol):
    """What was received."""

    def add(self, item: InboxItem) -> bool:
        """Store; False when (source, external_id) or content_hash is there already: nothing written."""

    def get(self, item_id: str) -> InboxItem | None:
        """One item by id."""

    def by_hash(self, content_hash: str) -> InboxItem | None:
        """The message with these bytes (sha256 hex), which ledger entries name."""

    def claim(self, item_id: str | None = None) -> InboxItem | None:
        """Lock the oldest pending item (or this one if pending) until the unit ends; None when none is free.

        PostgreSQL: FOR UPDATE SKIP LOCKED. SQLite: the write lock of the single writer is the claim.
        """

    def finish(self, item_id: str, status: InboxStatus, explanation: Mapping[str, Any]) -> None:
        """Record the decision with its reasons."""

    def fail(self, item_id: str, stage: str, error: str) -> None:
        """Hold an item that raised; attempts + 1."""

    def release(self, item_id: str) -> bool:
        """Make a held or failed item pending again; False when it is neither."""

    def list(self, statuses: Sequence[InboxStatus], limit: int = 50) -> Sequence[InboxItem]:
        """Newest first."""

    def oldest_pending(self) -> datetime | None:
        """When the oldest item that is still to decide came; None when nothing is pending."""

    def held(self) -> Mapping[str, Mapping[str, Any]]:
        """Every held item's explanation by its id, without the bytes."""

    def count(self) -> Mapping[InboxStatus, int]:
        """Items by status. Reads a row of an index for each item ever received."""

    def pending(self) -> int:
        """How many are left to decide. Reads only these."""


LEASE = timedelta(minutes=5)


class Outbox(Protocol):
    """What is to be sent."""

    def add(self, item: OutboxItem) -> None:
        """Queue."""

    def claim(self, now: datetime, limit: int, lease: timedelta = LEASE) -> Sequence[OutboxItem]:
        """Move up to `limit` due queued rows to SENDING (attempts + 1) and return them; commit to keep.

        `not_before` becomes the end of the lease: until then they are this caller's to send.
        """

    def mark(self, item_id: str, status: OutboxStatus, *, error: str | None = None,
             not_before: datetime | None = None) -> None:
        """Move one row; QUEUED with not_before is a retry."""

    def recover(self, now: datetime | None = None) -> int:
        """Put SENDING rows back to QUEUED (a crash left them; same Message-ID, so receivers can dedupe).

        With `now`: only those whose lease is over. Without: every one, when no other process can be sending.
        """

    def count(self) -> Mapping[OutboxStatus, int]:
        """Rows by status."""

    def list(self, limit: int = 50) -> Sequence[OutboxItem]:
        """Newest first."""

    def replies_since(self, recipient: Handle, since: datetime) -> int:
        """How many messages were queued to this handle since then (RFC 3834 budget)."""

    def get(self, item_id: str) -> OutboxItem | None:
        """One message by its id (from a token)."""

    def answers_to(self, inbox_id: str) -> Sequence[OutboxItem]:
        """What we answered to a received message, oldest first."""

    def by_message_id(self, message_id: str) -> OutboxItem | None:
        """The message of ours that this Message-ID names (reply chain, bounces)."""


class Parties(Protocol):
    """Who is known, under which handles. One handle may have two parties: one per capacity."""

    def add(self, party: Party, handle: Handle) -> None:
        """Create the party if new and attach the handle."""

    def by_handle(self, handle: Handle) -> Sequence[Party]:
        """All capacities of a handle, consumer first."""

    def get(self, party_id: str) -> Party | None:
        """One party."""

    def handles(self, party_id: str) -> Sequence[Handle]:
        """Handles of a party."""

    def set_handle_validity(self, handle: Handle, *, valid: bool) -> None:
        """A hard bounce makes a handle invalid (not a withdrawal)."""

    def handle_valid(self, handle: Handle) -> bool:
        """False once invalidated; True when unknown."""

    def detach(self, party_id: str, handle: Handle) -> None:
        """The party has this handle no more."""

    def fill_digests(self, limit: int = 5000) -> int:
        """Give handles of an older version the digest they lack, at most so many; how many."""


class Ledger(Protocol):
    """Append-only, hash-chained."""

    def append(self, event: ConsentEvent) -> LedgerEntry:
        """Chain, seal `personal`, and update the projection in the same transaction."""

    def append_many(self, events: Sequence[ConsentEvent]) -> int:
        """The same for many events, in their order, at a fraction of the cost; how many."""

    def states(self, party_id: str) -> Sequence[ConsentState]:
        """The projection for a party."""

    def entries(self, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """In order of sequence."""

    def by_party(self, party_id: str) -> Sequence[LedgerEntry]:
        """Entries of a party, `personal` unsealed while its key exists."""

    def projection(self, after: int = 0, limit: int = 1000) -> Sequence[ConsentState]:
        """The whole projection, in order of the entry (sequence) each state came from."""

    def destroy_key(self, party_id: str) -> bool:
        """Crypto-shred: entries stay and verify, their `personal` is unreadable for good; False when no key was."""


class Suppression(Protocol):
    """Who must not be contacted: keyed HMAC of the handle, nothing else (CNIL MED-2023-040)."""

    def add(self, handle: Handle, reason: str, at: datetime, *, channel: str, purpose: str,
            provisional: bool = False) -> None:
        """Suppress. Definitive: a no; a later one moves `at` on, and it settles the pause of the same scope.

        Provisional: a pause while a message is held; it lies beside a no of the same scope, never instead of it.
        """

    def lift(self, handle: Handle, *, channel: str, purpose: str, provisional_only: bool) -> None:
        """Remove matching entries."""

    def find(self, handle: Handle) -> Sequence[Mapping[str, Any]]:
        """Entries for this handle, oldest first: reason, at, channel, purpose, provisional."""


class Requests(Protocol):
    """Rights requests."""

    def open(self, request: RightsRequest) -> None:
        """Start the clock."""

    def list(self, limit: int = 50) -> Sequence[RightsRequest]:
        """Soonest due first."""


class Invitations(Protocol):
    """Open re-consent requests."""

    def add(self, invitation: Invitation) -> None:
        """Record that a person was asked."""

    def get(self, invitation_id: str) -> Invitation | None:
        """By id (from a token)."""

    def by_message_id(self, message_id: str) -> Invitation | None:
        """By the Message-ID of the invitation (reply chain)."""

    def answer(self, invitation_id: str, at: datetime) -> None:
        """Close it."""


class Examples(Protocol):
    """What reviewers said that messages want; text and subject are sealed with the store's key."""

    def add(self, example: LabelledExample) -> None:
        """Keep it; raises what the store raises when the message has one."""

    def list(self, after: str = "", limit: int = 1000) -> Sequence[LabelledExample]:
        """Oldest first, those that came after the one with this id. Raises WrongKey."""

    def count(self) -> int:
        """How many there are."""


class Notices(Protocol):
    """The exact words that were shown."""

    def add(self, notice: Notice) -> None:
        """Keep it; nothing changes when it is there already."""

    def get(self, notice_id: str) -> Notice | None:
        """By its id."""


class UnitOfWork(Protocol):
    """One transaction over all repositories. Use as a context manager; leaving without commit rolls back."""

    inbox: Inbox
    outbox: Outbox
    parties: Parties
    ledger: Ledger
    suppression: Suppression
    requests: Requests
    invitations: Invitations
    examples: Examples
    notices: Notices
    checkpoints: Checkpoints
    erasures: Erasures
    audits: Audits
    retention: Retention
    expiries: Expiries
    imports: Imports
    relations: Relations
    calls: CallAttempts
    files: Files
    changes: Changes
    deliveries: Deliveries

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Roll back what was not committed."""

    def commit(self) -> None:
        """Make it durable; the unit is over."""

    def rollback(self) -> None:
        """Forget it; the unit is over."""


UnitOfWorkFactory = Callable[[], UnitOfWork]

__all__ = ["Capacity", "UnitOfWork", "UnitOfWorkFactory"]
