"""Engines with durable settings, and what their failures mean in words."""

from __future__ import annotations

import os
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError

from storage.errors import BusyStore, StoreUnreachable
from storage.session import Session
from storage.turn import Turn

BUSY_MS = 30_000  # how long another process may hold SQLite's write lock
# A commit is durable when it returns (FULL syncs the log each time). The log is folded back every 16 MiB: rarer
# checkpoints mean fewer syncs of the main file; a longer log would slow readers.
WRITER = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}",
          "wal_autocheckpoint=4096", "journal_size_limit=67108864", "cache_size=-16384", "temp_store=MEMORY")
READER = ("query_only=ON", f"busy_timeout={BUSY_MS}", "cache_size=-16384", "temp_store=MEMORY")


def parse(url: str) -> URL:
    """The URL with the driver we use. Raises StoreUnreachable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnreachable("storage.url is not a database URL: write sqlite:///folder/file or "
                               "postgresql://user@host/database.") from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise StoreUnreachable(f"storage.url names {backend}: use sqlite:///folder/file or postgresql://...")
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


@dataclass(frozen=True, slots=True)
class Way:
    """One way into the database: pooled connections, and how a transaction of them begins."""

    engine: Engine
    begin: str | None = None  # None: the driver begins by itself
    turn: Turn | None = None  # SQLite's one writer in this process

    def enter(self) -> tuple[PoolProxiedConnection, Session]:
        """A connection in a transaction. Raises BusyStore, and what the driver raises."""
        if self.turn is not None and not self.turn.take(BUSY_MS / 1000):
            raise BusyStore("Another thread has held the store for too long: is a unit of work inside another one?")
        try:
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                if self.begin:
                    cursor.execute(self.begin)
                return connection, Session(connection.dbapi_connection, cursor, self.engine.dialect)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            if self.turn is not None:
                self.turn.give()
            raise

    def leave(self, connection: PoolProxiedConnection, session: Session) -> None:
        """Give the connection back; the pool rolls back what was not committed."""
        try:
            session.close()
            connection.close()
        finally:
            if self.turn is not None:
                self.turn.give()


def writer(url: URL) -> Way:
    """For units of work that write. SQLite: BEGIN IMMEDIATE, so that the second writer waits and never fails late."""
    if url.get_backend_name() == "postgresql":
        return Way(_postgresql(url))
    return Way(_sqlite(url, WRITER, "BEGIN IMMEDIATE"), "BEGIN IMMEDIATE", Turn())


def reader(url: URL, *, may_create: bool = True) -> Way:
    """For units of work that only read, from one snapshot, without the write lock.

    `may_create`: False opens SQLite's file with mode=ro: nothing is ever created or written.
    """
    if url.get_backend_name() == "postgresql":
        engine = _postgresql(url)
        event.listen(engine, "connect", _one_snapshot)
        return Way(engine)
    return Way(_sqlite(url if may_create else _read_only(url), READER, "BEGIN"), "BEGIN")


def _postgresql(url: URL) -> Engine:
    timeout: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    engine = create_engine(url, pool_size=16, pool_use_lifo=True, connect_args=timeout)
    event.listen(engine, "checkout", _still_there)
    return engine


def _still_there(connection: Any, _record: object, _proxy: object) -> None:
    """An idle connection with something to read was closed by the server: the pool makes another. No round trip."""
    try:
        look = select.poll()
        look.register(connection.fileno(), select.POLLIN)
        gone = bool(look.poll(0))
    except psycopg.Error:
        gone = True
    if gone:
        raise DisconnectionError


def _one_snapshot(connection: Any, _record: object) -> None:
    connection.rollback()  # whatever the dialect asked while connecting
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _read_only(url: URL) -> URL:
    path = Path(url.database or "").absolute()
    query = {"mode": "ro", "uri": "true"}
    if not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists():
        query["immutable"] = "1"  # a log cannot be made here, and nobody is writing one
    return url.set(database=path.as_uri()).update_query_dict(query)


def _sqlite(url: URL, pragmas: tuple[str, ...], begin: str) -> Engine:
    """Last in, first out: the connection with the warm page cache and prepared statements is used again."""
    engine = create_engine(url, pool_size=16, pool_use_lifo=True)

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def shred(url: URL, engine: Engine) -> bool:
    """Overwrite what was deleted: VACUUM, and for SQLite the log is emptied; False when a reader kept it from that.

    SQLite writes a copy to a temporary file meanwhile: as much free space as the database is needed.
    """
    if url.get_backend_name() == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        return True
    alone = sqlite3.connect(url.database or "", timeout=BUSY_MS / 1000, isolation_level=None)
    try:
        alone.execute("PRAGMA temp_store=FILE")
        alone.execute("VACUUM")
        busy, *_ = alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        alone.close()


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """What the database raises, as a sentence without the password."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        said = str(getattr(error, "orig", None) or error)
        words = _sqlite_words(url, said) if url.get_backend_name() == "sqlite" else _postgresql_words(url, said)
        raise StoreUnreachable(words) from error
    except CommandError as error:
        raise StoreUnreachable("The store was written by a newer version of this program: "
                               f"install that one ({error}).") from error


def _sqlite_words(url: URL, said: str) -> str:
    path = Path(url.database or "")
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist: create it, or correct storage.url."
    if not path.exists() and os.access(path.parent, os.W_OK):
        return f"There is no store at {path} yet: `consentry run` makes it, or correct storage.url."
    if "not a database" in said or "malformed" in said:
        return f"{path} is not a consent store, or is damaged: correct storage.url, or restore a backup."
    if "locked" in said:
        return f"{path} is held by another process: wait for it, or stop it."
    if path.is_dir():
        return f"{path} is a folder: storage.url must name a file."
    return f"{path} cannot be opened: this user must be allowed to read and write it and its folder ({said})."


def _postgresql_words(url: URL, said: str) -> str:
    where = f"{url.host or 'the local socket'}:{url.port or 5432}"
    if "authentication failed" in said or "no password supplied" in said:
        return f"PostgreSQL at {where} refuses user {url.username}: check the user and password in storage.url."
    if f'database "{url.database}" does not exist' in said:
        return f"PostgreSQL at {where} has no database {url.database}: create it (createdb {url.database})."
    if "permission denied" in said:
        return f"PostgreSQL at {where} does not let user {url.username} make tables: grant CREATE on the schema."
    first = said.strip().splitlines()[0] if said.strip() else "no reason given"
    return f"PostgreSQL at {where} does not answer: start it, or correct storage.url ({first})."
