"""Opening a store: engines, migrations, units of work. SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from types import TracebackType
from typing import Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from storage.audits import SqlAudits
from storage.changes import SqlChanges, SqlDeliveries
from storage.checkpoints import SqlCheckpoints
from storage.engine import Way, in_words, parse, reader, shred, writer
from storage.erasures import SqlErasures
from storage.errors import StoreUnreachable
from storage.examples import SqlExamples
from storage.expiries import SqlExpiries
from storage.files import SqlFiles
from storage.importer import SqlImports
from storage.inbox import SqlInbox
from storage.invitations import SqlInvitations
from storage.keys import Keys
from storage.ledger import LOCK, SqlLedger
from storage.notices import SqlNotices
from storage.outbox import SqlOutbox
from storage.parties import SqlParties
from storage.relations import SqlCallAttempts, SqlRelations
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
from storage.requests import SqlRequests
from storage.retention import SqlRetention
from storage.suppression import SqlSuppression
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


class SqlUnitOfWork:
    """One transaction; rolls back unless told to commit. Over after either: open another for more."""

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

    def __init__(self, way: Way, keys: Keys, clock: Callable[[], datetime], new_id: Callable[[], str],
                 committed: Callable[[], object] = lambda: None) -> None:
        """Nothing is opened before `with`. `committed` is called after each commit."""
        self._way, self._keys, self._clock, self._new_id, self._committed = way, keys, clock, new_id, committed

    def __enter__(self) -> Self:
        """Begin. Raises BusyStore."""
        self._connection, self._session = self._way.enter()
        self._over = False
        session = self._session
        self.inbox = SqlInbox(session)
        self.outbox = SqlOutbox(session)
        self.parties = SqlParties(session, self._keys)
        self.ledger = SqlLedger(session, self._keys, self._clock, self._new_id)
        self.suppression = SqlSuppression(session, self._keys)
        self.requests = SqlRequests(session)
        self.invitations = SqlInvitations(session)
        self.examples = SqlExamples(session, self._keys)
        self.notices = SqlNotices(session)
        self.checkpoints = SqlCheckpoints(session, self._keys.signer)
        self.erasures = SqlErasures(session, self._keys)
        self.audits, self.retention = SqlAudits(session, self._keys), SqlRetention(session)
        self.expiries = SqlExpiries(session)
        self.imports = SqlImports(session, self._keys)
        self.relations, self.calls = SqlRelations(session), SqlCallAttempts(session, self._keys)
        self.files = SqlFiles(session, self._keys)
        self.changes, self.deliveries = SqlChanges(session), SqlDeliveries(session)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Roll back what was not committed."""
        self.rollback()

    def commit(self) -> None:
        """Make it durable."""
        self._connection.commit()
        self.rollback()  # there is nothing left to undo: the connection goes back
        self._committed()

    def rollback(self) -> None:
        """Forget what was not committed."""
        if not self._over:
            self._over = True
            self._way.leave(self._connection, self._session)


class Store:
    """A database with its keys."""

    def __init__(self, url: str, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str],
                 *, read_only: bool = False) -> None:
        """`secret`: at least 32 bytes. Nothing is opened yet."""
        self.url, self._parsed = url, parse(url)
        self._keys, self._clock, self._new_id = Keys(secret), clock, new_id
        self._readers = reader(self._parsed, may_create=not read_only)
        self._writers = self._readers if read_only else writer(self._parsed)
        self.engine = self._writers.engine
        self.committed: Callable[[], object] = lambda: None  # told of each commit of ours, after it

    def unit_of_work(self) -> UnitOfWork:
        """A fresh unit of work."""
        return SqlUnitOfWork(self._writers, self._keys, self._clock, self._new_id, self.committed)

    def reader(self) -> UnitOfWork:
        """A unit of work that only reads, from one snapshot; it never waits for a writer. What it writes raises."""
        return SqlUnitOfWork(self._readers, self._keys, self._clock, self._new_id)

    def migrate(self) -> None:
        """Bring the schema to the newest revision; two processes at once do it one after the other."""
        with in_words(self._parsed), self.engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        self._fill_digests()

    def _fill_digests(self) -> None:
        """What an older version wrote has none; some thousands a transaction, so that nobody waits for long."""
        more = 1
        while more:
            with self.unit_of_work() as uow:
                more = uow.parties.fill_digests()
                uow.commit()

    def check_schema(self) -> None:
        """Raise StoreUnreachable unless the schema is this version's."""
        head = ScriptDirectory.from_config(_alembic()).get_current_head()
        with in_words(self._parsed), self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found != head:
            raise StoreUnreachable(f"The store's schema is {found or 'missing'}, this program's is {head}: "
                                   "start `consentry run` once with this version, or use the version that wrote it.")

    def shred(self) -> bool:
        """Write the database anew, so that what was deleted is no longer in its file; False when somebody was reading
        and the log (SQLite's WAL) still holds it. PostgreSQL: dead rows are freed, to be written over.
        """
        with in_words(self._parsed):
            return shred(self._parsed, self.engine)

    def ping(self) -> None:
        """Raise StoreUnreachable when the database does not answer."""
        with in_words(self._parsed), self._readers.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self._readers.engine.dispose()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("storage") / "migrations"))
    return config


def open_store(url: str, *, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str],
               read_only: bool = False) -> Store:
    """A store for the URL; call `migrate` before first use. Raises StoreUnreachable when it cannot be opened.

    `read_only`: never creates, migrates or writes (SQLite mode=ro, PostgreSQL READ ONLY), and the schema must be ours.
    """
    store = Store(url, secret, clock, new_id, read_only=read_only)
    try:
        with in_words(store._parsed), store.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if read_only:
            store.check_schema()
    except BaseException:
        store.close()
        raise
    return store
