"""A store in memory: same protocols, same chain and sealing, real rollback, one writer at a time.

For tests and dry runs; what the databases enforce across tables (foreign keys) is not modelled.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from storage.errors import BusyStore
from storage.keys import Keys
from storage.memory_audits import MemoryAudits
from storage.memory_changes import MemoryChanges, MemoryDeliveries
from storage.memory_erasures import MemoryErasures
from storage.memory_expiries import MemoryExpiries
from storage.memory_files import MemoryCallAttempts, MemoryFiles, MemoryRelations
from storage.memory_imports import MemoryImports
from storage.memory_ledger import MemoryCheckpoints, MemoryLedger
from storage.memory_messages import MemoryExamples, MemoryInbox, MemoryOutbox
from storage.memory_people import MemoryInvitations, MemoryNotices, MemoryParties, MemoryRequests, MemorySuppression
from storage.memory_retention import MemoryRetention
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
from storage.rows import Rows
from storage.turn import Turn
from storage.unit_of_work import (
    Examples,
    Inbox,
    Invitations,
    Ledger,
    Notices,
    Outbox,
    Parties,
    Requests,
    Suppression,
    UnitOfWork,
)

BUSY_SECONDS = 30.0


class MemoryUnitOfWork:
    """One transaction; rolls back unless told to commit. Over after either."""

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

    def __init__(self, store: MemoryStore, *, writable: bool) -> None:
        """Nothing begins before `with`."""
        self._store, self._writable = store, writable

    def __enter__(self) -> Self:
        """Wait for the turn. Raises BusyStore."""
        store = self._store
        if not store.turn.take(BUSY_SECONDS):
            raise BusyStore("Another thread has held the store for too long: is a unit of work inside another one?")
        self._over = False
        for rows in store.tables:
            rows.begin(writable=self._writable)
        self.inbox, self.outbox, self.parties, self.ledger = store.inbox, store.outbox, store.parties, store.ledger
        self.suppression, self.requests, self.invitations = store.suppression, store.requests, store.invitations
        self.examples, self.notices, self.imports = store.examples, store.notices, store.imports
        self.checkpoints, self.erasures = store.checkpoints, store.erasures
        self.audits, self.retention = store.audits, store.retention
        self.expiries = store.expiries
        self.relations, self.calls = store.relations, store.calls
        self.files, self.changes, self.deliveries = store.files, store.changes, store.deliveries
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Roll back what was not committed."""
        self._end(keep=False)

    def commit(self) -> None:
        """Keep it."""
        self._end(keep=True)

    def rollback(self) -> None:
        """Forget it."""
        self._end(keep=False)

    def _end(self, *, keep: bool) -> None:
        if self._over:
            return
        self._over = True
        for rows in self._store.tables:
            rows.end(keep=keep)
        self._store.turn.give()


class MemoryStore:
    """What a process remembers while it lives."""

    def __init__(self, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        """Empty."""
        keys = Keys(secret)
        self.turn = Turn()
        self.inbox, self.outbox, self.parties = MemoryInbox(), MemoryOutbox(), MemoryParties()
        self.ledger, self.suppression = MemoryLedger(keys, clock, new_id), MemorySuppression(keys)
        self.requests, self.invitations, self.examples = MemoryRequests(), MemoryInvitations(), MemoryExamples()
        self.notices, self.checkpoints = MemoryNotices(), MemoryCheckpoints(self.ledger, keys.signer)
        self.relations, self.calls = MemoryRelations(), MemoryCallAttempts(keys)
        self.imports = MemoryImports(keys, self.parties, self.ledger, self.suppression, self.relations.rows)
        self.audits, self.erasures = MemoryAudits(self), MemoryErasures(self, keys)
        self.retention, self.expiries = MemoryRetention(self), MemoryExpiries(self)
        self.changes, self.deliveries = MemoryChanges(self.ledger, self.parties), MemoryDeliveries(self.ledger)
        self.files = MemoryFiles(self.parties, self.ledger, self.suppression, self.relations, self.calls,
                                 self.audits.of)
        repositories = (self.inbox, self.outbox, self.parties, self.ledger, self.suppression, self.requests,
                        self.invitations, self.examples, self.notices, self.checkpoints, self.imports, self.audits,
                        self.relations, self.calls, self.deliveries)
        self.tables: list[Rows[Any, Any]] = list(dict.fromkeys(  # the relations are in two of them
            rows for repository in repositories for rows in vars(repository).values() if isinstance(rows, Rows)))

    def unit_of_work(self) -> UnitOfWork:
        """A fresh unit of work."""
        return MemoryUnitOfWork(self, writable=True)

    def reader(self) -> UnitOfWork:
        """A unit of work that only reads; what it writes raises."""
        return MemoryUnitOfWork(self, writable=False)

    def migrate(self) -> None:
        """There is no schema."""

    def shred(self) -> bool:
        """There is no file."""
        return True

    def ping(self) -> None:
        """It is there."""

    def close(self) -> None:
        """Nothing to give back."""
