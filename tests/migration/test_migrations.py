"""The migrations make what the program's tables say; an old store is brought up to date and keeps what it had."""

import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from storage.errors import StoreUnreachable
from storage.records import ChannelKind, ConsentStatus, Handle, InboxStatus
from storage.schema import metadata
from storage.store import Store, _alembic, open_store
from storage.verify import verify_ledger
from tests.migration.conftest import SECRET, empty, opened

GOLDEN = Path(__file__).with_name("0001.sqlite3.sql")
VERSIONS = Path(__file__).parents[2] / "storage" / "migrations" / "versions"


def run(store: Store, verb: Callable[..., None], revision: str) -> None:
    config = _alembic()
    with store.engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        verb(config, revision)


def described(engine: Engine) -> dict[str, Any]:
    """Everything that is said of the tables, in one order."""
    look = inspect(engine)
    return {
        table: {
            "columns": {column["name"]: (str(column["type"]), column["nullable"])
                        for column in look.get_columns(table)},
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "checks": sorted((str(each["name"]), re.sub(r"\s", "", each["sqltext"]))
                             for each in look.get_check_constraints(table)),
            "references": sorted((each["constrained_columns"], each["referred_table"], str(each["options"]))
                                 for each in look.get_foreign_keys(table)),
            "unique": sorted(each["column_names"] for each in look.get_unique_constraints(table)),
            "indexes": sorted((str(each["name"]), each["column_names"]) for each in look.get_indexes(table)),
        }
        for table in sorted(look.get_table_names()) if table != "alembic_version"
    }


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    migrated = described(store.engine)
    empty(store.engine)
    metadata.create_all(store.engine)
    assert described(store.engine) == migrated


def test_down_to_nothing_and_up_again(store: Store) -> None:
    store.migrate()
    store.migrate()
    run(store, command.downgrade, "base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}
    with pytest.raises(StoreUnreachable, match=r"missing.*consentry run"):
        store.check_schema()
    store.migrate()
    store.check_schema()
    with store.unit_of_work() as uow:
        assert not uow.inbox.count()


def test_two_processes_may_migrate_at_once(store: Store) -> None:
    others = [opened(store.url) for _ in range(2)]
    threads = [threading.Thread(target=each.migrate) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for each in others:
        each.check_schema()
        each.close()


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    store.migrate()
    with store.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnreachable, match="newer version"):
        store.migrate()
    with pytest.raises(StoreUnreachable, match="9999"):
        store.check_schema()


def test_no_migration_leans_on_the_tables_of_today() -> None:
    for path in VERSIONS.glob("*.py"):
        assert not re.search(r"^\s*(from|import) storage", path.read_text("utf-8"), re.MULTILINE), path.name


def test_a_store_written_by_0001_opens_and_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    connection = sqlite3.connect(path)
    connection.executescript(GOLDEN.read_text("utf-8"))
    connection.close()
    store = opened(f"sqlite:///{path}")
    store.migrate()
    store.check_schema()
    anna = Handle(ChannelKind.EMAIL, "anna@example.org")
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).count == 3
        (party,) = uow.parties.by_handle(anna)
        assert {(state.purpose, state.status) for state in uow.ledger.states(party.id)} == {
            ("newsletter", ConsentStatus.GIVEN), ("all", ConsentStatus.WITHDRAWN)}
        assert uow.ledger.by_party(party.id)[0].event.personal == {"handle": anna.value}
        assert uow.inbox.count() == {InboxStatus.DONE: 1}
        assert [row["reason"] for row in uow.suppression.find(anna)] == ["consent:withdraw"]
        assert uow.outbox.by_message_id("<reply@shop.example>") is not None
        assert uow.invitations.get("invitation-1") is not None
        assert len(uow.requests.list()) == 1
    with store.engine.connect() as connected:
        assert compare_metadata(MigrationContext.configure(connected), metadata) == []
    store.close()
    read_only = open_store(f"sqlite:///{path}", secret=SECRET, clock=lambda: None, new_id=lambda: "",  # type: ignore[arg-type,return-value]
                           read_only=True)
    read_only.close()


def test_the_revisions_are_one_line() -> None:
    assert len(ScriptDirectory.from_config(_alembic()).get_heads()) == 1
