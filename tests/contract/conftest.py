"""The three stores, empty, and what goes into them."""

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.clock import new_id, system_clock
from storage import schema
from storage.memory import MemoryStore
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentEvent,
    ConsentStatus,
    EventTag,
    Handle,
    InboxItem,
    LabelledExample,
    OutboxItem,
)
from storage.store import Store, open_store

SECRET = b"s" * 32
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANNA = Handle(ChannelKind.EMAIL, "anna@example.org")
COUNT = itertools.count()
AnyStore = Store | MemoryStore


def emptied(url: str) -> Store:
    """A migrated store with nothing in it."""
    opened = open_store(url, secret=SECRET, clock=system_clock, new_id=new_id)
    with opened.engine.connect() as connection, connection.begin():
        schema.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    opened.migrate()
    return opened


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    sqlite = request.param == "sqlite"
    opened = emptied(f"sqlite:///{tmp_path}/s.sqlite3" if sqlite else request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore(SECRET, system_clock, new_id)
        return
    sqlite = request.param == "sqlite"
    opened = emptied(f"sqlite:///{tmp_path}/s.sqlite3" if sqlite else request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


def item(raw: bytes = b"STOP", external: str | None = None, source: str = "lmtp") -> InboxItem:
    return InboxItem(new_id(), ChannelKind.EMAIL, source, external or f"<{next(COUNT)}@x>",
                     hashlib.sha256(raw).hexdigest(), raw, {"mail_from": "a@b", "rcpt_to": ["x@y"]}, NOW)


def event(status: ConsentStatus = ConsentStatus.WITHDRAWN, party: str = "p1", purpose: str = ALL,
          channel: str = ALL, at: datetime = NOW) -> ConsentEvent:
    return ConsentEvent(EventTag.OBJECT, party, Capacity.CONSUMER, purpose, channel, ConsentStatus.UNKNOWN, status, at,
                        "person", "FR-01", "stop", "0" * 64, {"handle": ANNA.value})


def outgoing(message_id: str = "<m@x>", at: datetime = NOW, to: Handle = ANNA) -> OutboxItem:
    return OutboxItem(new_id(), ChannelKind.EMAIL, to, "objection_confirmed", "en", "", b"x", message_id, None, at)


def example(inbox_id: str, text: str = "leave me be", at: datetime = NOW) -> LabelledExample:
    return LabelledExample(new_id(), inbox_id, text, "Re: news", ChannelKind.EMAIL, "newsletter", "en",
                           ("unsubscribe", "access"), "ann", at, "20261125-4", ("other",))
