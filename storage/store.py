"""Opening a store: engine, migrations, units of work. SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text

from storage.messages import SqlInbox, SqlOutbox
from storage.people import SqlInvitations, SqlParties, SqlRequests, SqlSuppression
from storage.proof import SqlLedger
from storage.unit_of_work import Inbox, Invitations, Ledger, Outbox, Parties, Requests, Suppression, UnitOfWork


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: IMMEDIATE makes the single writer wait, not fail
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def open_engine(url: str) -> Engine:
    """An engine with durable settings."""
    if not url.startswith("sqlite"):
        return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _sqlite_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


class SqlUnitOfWork:
    """One transaction; rolls back unless told to commit."""

    inbox: Inbox
    outbox: Outbox
    parties: Parties
    ledger: Ledger
    suppression: Suppression
    requests: Requests
    invitations: Invitations

    def __init__(self, engine: Engine, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        """Nothing is opened before `with`."""
        self._engine, self._secret, self._clock, self._new_id = engine, secret, clock, new_id

    def __enter__(self) -> Self:
        """Begin, and give each repository the connection."""
        self._connection = connection = self._engine.connect()
        self._transaction = connection.begin()
        self.inbox = SqlInbox(connection)
        self.outbox = SqlOutbox(connection)
        self.parties = SqlParties(connection)
        self.ledger = SqlLedger(connection, self._secret, self._clock, self._new_id)
        self.suppression = SqlSuppression(connection, self._secret)
        self.requests = SqlRequests(connection)
        self.invitations = SqlInvitations(connection)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Roll back what was not committed."""
        self.rollback()
        self._connection.close()

    def commit(self) -> None:
        """Make it durable."""
        self._transaction.commit()

    def rollback(self) -> None:
        """Forget it."""
        if self._transaction.is_active:
            self._transaction.rollback()


class Store:
    """A database with its secret."""

    def __init__(self, url: str, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        """`secret`: at least 32 bytes; keys for sealing and suppression are derived from it."""
        self.url, self._secret, self._clock, self._new_id = url, secret, clock, new_id
        self.engine = open_engine(url)

    def unit_of_work(self) -> UnitOfWork:
        """A fresh unit of work."""
        return SqlUnitOfWork(self.engine, self._secret, self._clock, self._new_id)

    def migrate(self) -> None:
        """Bring the schema to the newest revision."""
        config = Config()
        config.set_main_option("script_location", str(files("storage") / "migrations"))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            with connection.begin():
                command.upgrade(config, "head")

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_store(url: str, *, secret: bytes, clock: Callable[[], datetime], new_id: Callable[[], str]) -> Store:
    """A store for the URL; call `migrate` before first use."""
    return Store(url, secret, clock, new_id)
