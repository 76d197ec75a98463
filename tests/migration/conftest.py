"""Databases to migrate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.clock import new_id, system_clock
from storage.schema import metadata
from storage.store import Store, open_store

SECRET = b"s" * 32


def opened(url: str) -> Store:
    return open_store(url, secret=SECRET, clock=system_clock, new_id=new_id)


def empty(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION IF EXISTS ledger_append_only"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store without a schema."""
    sqlite = request.param == "sqlite"
    made = opened(f"sqlite:///{tmp_path}/s.sqlite3" if sqlite else request.getfixturevalue("postgres_url"))
    empty(made.engine)
    yield made
    empty(made.engine)
    made.close()
