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
from sqlalchemy import Engine, func, select, text

from storage.engine import BUSY_MS, in_words, parse, reader, writer
from storage.errors import BusyStore, StoreUnreachable
from storage.inbox import SqlInbox
from storage.invitations import SqlInvitations
from storage.keys import Keys
from storage.ledger import LOCK, SqlLedger
from storage.outbox import SqlOutbox
from storage.parties import SqlParties
from storage.requests import SqlRequests
from storage.suppression import SqlSuppression
from storage.turn import Turn
from storage.unit_of_work import Inbox, Invitations, Ledger, Outbox, Parties, Requests, Suppression, UnitOfWork


class SqlUnitOfWork:
    """One transaction; rolls back unless told to commit. Over after either: open another for more."""

    inbox: Inbox
    outbox: Outbox
    parties: Parties
    ledger: Ledger
    suppression: Suppression
    requests: Requests
    invitations: Invitations

    def __init__(self, engine: Engine, keys: Keys, clock: Callable[[], datetime], new_id: Callable[[], str],
                 turn: Turn | None = None) -> None:
        """Nothing is opened before `with`. `turn`: SQLite's one writer in this process."""
        self._engine, self._keys, self._clock, self._new_id, self._turn = engine, keys, clock, new_id, turn

    def __enter__(self) -> Self:
        """Begin, and give each repository the connection. Raises BusyStore."""
        if self._turn is not None and not self._turn.take(BUSY_MS / 1000):
            raise BusyStore("Another thread has held the store for too long: a unit of work inside another one?")
        try:
            self._connection = connection = self._engine.connect()
            try:
                self._transaction = connection.begin()
            except BaseException:
                connection.close()
                raise
        except BaseException:
            if self._turn is not None:
                self._turn.give()
            raise
        self.inbox = SqlInbox(connection)
        self.outbox = SqlOutbox(connection)
        self.parties = SqlParties(connection)
        self.ledger = SqlLedger(connection, self._keys, self._clock, self._new_id)
        self.suppression = SqlSuppression(connection, self._keys)
        self.requests = SqlRequests(connection)
        self.invitations = SqlInvitations(connection)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Roll back what was not committed."""
        self.rollback()

    def commit(self) -> None:
        """Make it durable."""
        self._transaction.commit()
        self._end()

    def rollback(self) -> None:
        """Forget it; nothing to do after a commit."""
        if self._connection.closed:
            return
        try:
            self._transaction.rollback()
        finally:
            self._end()

    def _end(self) -> None:
        try:
            self._connection.close()
        finally:
            if self._turn is not None:
                self._turn.give()


class Store:
    """A database with its keys."""

    def __init__(self, url: str, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str],
                 *, read_only: bool = False) -> None:
        """`secret`: at least 32 bytes. Nothing is opened yet."""
        self.url, self._parsed = url, parse(url)
        self._keys, self._clock, self._new_id = Keys(secret), clock, new_id
        self._readers = reader(self._parsed, may_create=not read_only)
        self.engine = self._readers if read_only else writer(self._parsed)
        sqlite = self._parsed.get_backend_name() == "sqlite"
        self._turn = Turn() if sqlite and not read_only else None

    def unit_of_work(self) -> UnitOfWork:
        """A fresh unit of work."""
        return SqlUnitOfWork(self.engine, self._keys, self._clock, self._new_id, self._turn)

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

    def check_schema(self) -> None:
        """Raise StoreUnreachable unless the schema is this version's."""
        head = ScriptDirectory.from_config(_alembic()).get_current_head()
        with in_words(self._parsed), self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found != head:
            raise StoreUnreachable(f"The store's schema is {found or 'missing'}, this program's is {head}: "
                                   "start `consentry run` once with this version, or use the version that wrote it.")

    def ping(self) -> None:
        """Raise StoreUnreachable when the database does not answer."""
        with in_words(self._parsed), self._readers.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self._readers.dispose()


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
