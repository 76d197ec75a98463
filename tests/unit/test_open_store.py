"""What cannot be opened is one sentence that says what to do, and never shows the password."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot import bootstrap
from bot.bootstrap import open_storage
from bot.channels.lmtp import free_port
from bot.clock import new_id, system_clock
from bot.errors import OperatorError
from bot.settings import build
from storage.engine import in_words, parse, reader
from storage.errors import StorageError, StoreUnreachable
from storage.store import Store, open_store


def opened(url: str, *, read_only: bool = False) -> Store:
    return open_store(url, secret=b"s" * 32, clock=system_clock, new_id=new_id, read_only=read_only)


@pytest.mark.parametrize(("url", "words"), [
    ("sqlite:////nowhere/at/all/s.sqlite3", "The folder /nowhere/at/all does not exist: create it"),
    ("sqlite:////proc/s.sqlite3", "cannot be opened|no store at"),
    ("sqlite:////proc/self", "is a folder"),
    ("mysql://u:geheim@h/d", "names mysql: use sqlite"),
    ("nonsense", "is not a database URL"),
])
def test_a_wrong_url_is_a_sentence(url: str, words: str) -> None:
    with pytest.raises(StoreUnreachable, match=words) as caught:
        opened(url)
    assert "geheim" not in str(caught.value)
    assert str(caught.value).endswith((".", ")."))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite3").write_bytes(b"hello " * 1000)
    with pytest.raises(StoreUnreachable, match="is not a consent store, or is damaged"):
        opened(f"sqlite:///{tmp_path}/s.sqlite3")


def test_postgresql_that_is_down() -> None:
    with pytest.raises(StoreUnreachable, match=r"does not answer: start it, or correct storage\.url") as caught:
        opened(f"postgresql://u:geheim@127.0.0.1:{free_port('127.0.0.1')}/d")
    assert "geheim" not in str(caught.value)


def test_a_database_that_does_not_exist(postgres_url: str) -> None:
    url = parse(postgres_url).set(database="nobody_made_it", drivername="postgresql")
    with pytest.raises(StoreUnreachable, match=r"has no database nobody_made_it: create it"):
        opened(url.render_as_string(hide_password=False))


def asks_nothing(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def guarded(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """A server of ours that asks for passwords."""
    store = opened(postgres_url)
    with store.engine.connect() as connection:
        hba = connection.exec_driver_sql("SHOW hba_file").scalar_one()
        before = Path(hba).read_text("utf-8")
        Path(hba).write_text("local all asks scram-sha-256\nhost all asks all scram-sha-256\n" + before, "utf-8")
        connection.exec_driver_sql("DROP ROLE IF EXISTS asks")
        connection.exec_driver_sql("CREATE ROLE asks LOGIN PASSWORD 'right'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.commit()
        url = parse(postgres_url).set(username="asks", password="geheim", drivername="postgresql")
        text = url.render_as_string(hide_password=False)
        until = time.monotonic() + 30
        while asks_nothing(text):  # the server reads its rules again a moment later
            assert time.monotonic() < until
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            connection.commit()
        yield text
        Path(hba).write_text(before, "utf-8")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql("DROP ROLE asks")
        connection.commit()
    store.close()


def test_a_wrong_password(guarded: str) -> None:
    with pytest.raises(StoreUnreachable, match="refuses user asks: check the user and password") as caught:
        opened(guarded)
    assert "geheim" not in str(caught.value)


def test_reading_only_never_makes_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="There is no store at"):
        opened(f"sqlite:///{tmp_path}/s.sqlite3", read_only=True)
    assert not list(tmp_path.iterdir())


def test_reading_only_wants_the_schema_of_this_version(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "s.sqlite3").executescript("CREATE TABLE t (x)").connection.close()
    with pytest.raises(StoreUnreachable, match="schema is missing"):
        opened(f"sqlite:///{tmp_path}/s.sqlite3", read_only=True)


def test_reading_only_cannot_write(tmp_path: Path) -> None:
    store = opened(f"sqlite:///{tmp_path}/s.sqlite3")
    store.migrate()
    store.close()
    only = opened(f"sqlite:///{tmp_path}/s.sqlite3", read_only=True)
    with only.unit_of_work() as uow, pytest.raises(sqlite3.OperationalError, match="readonly"):
        uow.outbox.recover()
    only.close()


def test_a_folder_that_cannot_be_written_is_read_as_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    way = reader(parse(f"sqlite:///{tmp_path}/s.sqlite3"), may_create=False)
    assert way.engine.url.query["immutable"] == "1"
    (tmp_path / "s.sqlite3-wal").touch()
    way = reader(parse(f"sqlite:///{tmp_path}/s.sqlite3"), may_create=False)
    assert "immutable" not in way.engine.url.query


def test_locked_by_another_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite3").touch()
    with (pytest.raises(StoreUnreachable, match="held by another process"),
          in_words(parse(f"sqlite:///{tmp_path}/s.sqlite3"))):
        raise sqlite3.OperationalError("database is locked")


def test_the_bot_tells_it_as_an_operator_error(tmp_path: Path) -> None:
    settings = build({
        "controller": {"name": "Shop", "contact": "privacy@shop.example", "authority": "CNIL",
                       "authority_url": "https://www.cnil.fr/plaintes"},
        "mail": {"address": "privacy@shop.example", "from_name": "Shop"}, "secret": "s" * 32,
        "storage": {"url": f"sqlite:///{tmp_path}/none/s.sqlite3"}, "purposes": {"newsletter": ["newsletter"]}})
    with pytest.raises(OperatorError, match="does not exist: create it") as caught:
        open_storage(settings)
    assert isinstance(caught.value.__cause__, StorageError)


def test_where_workers_elsewhere_read_no_model_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = build({
        "controller": {"name": "Shop", "contact": "privacy@shop.example"}, "mail": {"address": "privacy@shop.example"},
        "secret": "s" * 32, "storage": {"url": f"sqlite:///{tmp_path}/s.sqlite3"}, "lmtp": {"enabled": True},
        "purposes": {"newsletter": ["newsletter"]}})
    monkeypatch.setattr(bootstrap, "hinter", lambda _settings: lambda: None)
    monkeypatch.setattr(bootstrap, "services", lambda *_: pytest.fail("the model was loaded"))
    workers = settings.workers.model_copy(update={"mode": "distributed"})  # it asks for PostgreSQL otherwise
    bootstrap.build(settings.model_copy(update={"workers": workers})).close()
