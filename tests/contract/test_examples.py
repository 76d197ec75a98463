"""What reviewers said: kept in order, once for each message, what people wrote sealed."""

import sqlite3
from datetime import timedelta, timezone

import psycopg
import pytest
from sqlalchemy import text

from bot.clock import new_id, system_clock
from storage.errors import StorageError, WrongKey
from storage.records import InboxItem, InboxStatus
from storage.store import Store, open_store
from tests.contract.conftest import NOW, AnyStore, example, item

REFUSED = (sqlite3.Error, psycopg.Error, StorageError)
HOSTILE = "a\0\ud800é"


def received(store: AnyStore, count: int) -> list[InboxItem]:
    items = [item(f"{number}".encode()) for number in range(count)]
    with store.unit_of_work() as uow:
        for each in items:
            assert uow.inbox.add(each)
        uow.commit()
    return items


def test_they_are_listed_in_the_order_they_came_page_by_page(store: AnyStore) -> None:
    kept = [example(each.id, f"text {number}", NOW - timedelta(days=number))
            for number, each in enumerate(received(store, 5))]
    with store.unit_of_work() as uow:
        assert uow.examples.count() == 0
        assert not uow.examples.list()
        for each in kept:
            uow.examples.add(each)
        uow.commit()
    with store.reader() as uow:
        assert uow.examples.count() == 5
        assert uow.examples.list() == kept
        assert uow.examples.list(limit=2) == kept[:2]
        assert uow.examples.list(kept[1].id, 2) == kept[2:4]
        assert uow.examples.list(kept[4].id) == []


def test_any_words_and_any_zone_come_back(store: AnyStore) -> None:
    (one,) = received(store, 1)
    given = example(one.id, HOSTILE, NOW.astimezone(timezone(timedelta(hours=5))))
    with store.unit_of_work() as uow:
        uow.examples.add(given)
        assert uow.examples.list() == [given]


def test_a_message_has_one_label(store: AnyStore) -> None:
    (one,) = received(store, 1)
    with store.unit_of_work() as uow:
        uow.examples.add(example(one.id))
        uow.commit()
    with store.unit_of_work() as uow, pytest.raises(REFUSED):
        uow.examples.add(example(one.id))
    with store.reader() as uow:
        assert uow.examples.count() == 1
        with pytest.raises(REFUSED):
            uow.examples.add(example(one.id))


def test_what_people_wrote_is_sealed(sql_store: Store) -> None:
    (one,) = received(sql_store, 1)
    with sql_store.unit_of_work() as uow:
        uow.examples.add(example(one.id, "leave me be"))
        uow.commit()
    with sql_store.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT * FROM example")).all()
    assert b"leave me" not in b"".join(bytes(value) for value in row if isinstance(value, (bytes, memoryview)))
    assert not any("leave me" in str(value) or "Re: news" in str(value) for value in row)
    other = open_store(sql_store.url, secret=b"o" * 32, clock=system_clock, new_id=new_id)
    with other.reader() as uow, pytest.raises(WrongKey, match="secret"):
        uow.examples.list()
    other.close()


def test_a_label_without_its_message_is_refused(sql_store: Store) -> None:
    with sql_store.unit_of_work() as uow, pytest.raises(REFUSED):  # noqa: PT012 - checked at commit
        uow.examples.add(example("nobody"))
        uow.commit()


def test_held_items_are_told_without_their_bytes(store: AnyStore) -> None:
    one, two, _ = received(store, 3)
    with store.unit_of_work() as uow:
        assert uow.inbox.held() == {}
        uow.inbox.finish(one.id, InboxStatus.HELD, {"row": "stop"})
        uow.inbox.finish(two.id, InboxStatus.DONE, {"row": "stop"})
        assert uow.inbox.held() == {one.id: {"row": "stop"}}
