"""Two at once: one item is never taken twice, one chain never forks."""

import multiprocessing
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from bot.clock import new_id, system_clock
from storage.records import ConsentStatus, InboxStatus
from storage.store import Store, open_store
from storage.turn import Turn
from storage.verify import verify_ledger
from tests.contract.conftest import NOW, SECRET, AnyStore, event, item, outgoing

MANY = 40


def take_all(store: AnyStore, start: threading.Barrier) -> list[str]:
    """Decide until nothing is left; the ids taken. Appends to the ledger, as a decision does."""
    taken: list[str] = []
    start.wait(30)
    while True:
        with store.unit_of_work() as uow:
            found = uow.inbox.claim()
            if found is None:
                return taken
            uow.ledger.append(event(ConsentStatus.WITHDRAWN, f"p{len(taken) % 3}"))
            uow.inbox.finish(found.id, InboxStatus.DONE, {})
            uow.commit()
        taken.append(found.id)


def fill(store: AnyStore) -> list[str]:
    items = [item(str(number).encode()) for number in range(MANY)]
    with store.unit_of_work() as uow:
        assert all(uow.inbox.add(each) for each in items)
        uow.commit()
    return [each.id for each in items]


def test_two_threads_never_take_the_same_item(store: AnyStore) -> None:
    ids, start = fill(store), threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        taken = [future.result() for future in [pool.submit(take_all, store, start) for _ in range(4)]]
    assert sorted(chain.from_iterable(taken)) == sorted(ids)
    with store.reader() as uow:
        assert uow.inbox.count() == {InboxStatus.DONE: MANY}
        report = verify_ledger(uow.ledger)
    assert (report.ok, report.count) == (True, MANY)


def in_process(url: str, start: threading.Barrier, answer: "multiprocessing.SimpleQueue[list[str]]") -> None:
    """What the other process does."""
    store = open_store(url, secret=SECRET, clock=system_clock, new_id=new_id)
    taken = take_all(store, start)
    store.close()
    answer.put(taken)


def test_two_processes_never_take_the_same_item(sql_store: Store) -> None:
    ids = fill(sql_store)
    spawn = multiprocessing.get_context("spawn")
    start, answer = spawn.Barrier(2), spawn.SimpleQueue()
    running = [spawn.Process(target=in_process, args=(sql_store.url, start, answer)) for _ in range(2)]
    for process in running:
        process.start()
    taken = answer.get() + answer.get()
    for process in running:
        process.join(30)
        assert process.exitcode == 0
    assert sorted(taken) == sorted(ids)
    with sql_store.reader() as uow:
        assert verify_ledger(uow.ledger).ok


def test_two_threads_never_send_the_same_message(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        for number in range(MANY):
            uow.outbox.add(outgoing(f"<{number}@x>"))
        uow.commit()
    start = threading.Barrier(3)

    def send() -> list[str]:
        sent: list[str] = []
        start.wait(30)
        while True:
            with store.unit_of_work() as uow:
                batch = uow.outbox.claim(NOW, 3)
                uow.commit()
            if not batch:
                return sent
            sent += [each.id for each in batch]

    with ThreadPoolExecutor(3) as pool:
        sent = list(chain.from_iterable(future.result() for future in [pool.submit(send) for _ in range(3)]))
    assert len(sent) == len(set(sent)) == MANY


@pytest.mark.parametrize("sql_store", ["postgresql"], indirect=True)
def test_postgresql_skips_what_another_has_claimed(sql_store: Store) -> None:
    ids = fill(sql_store)
    with sql_store.unit_of_work() as first, sql_store.unit_of_work() as second:
        one, two = first.inbox.claim(), second.inbox.claim()
        assert one is not None
        assert two is not None
        assert [one.id, two.id] == ids[:2]
        assert second.inbox.claim(one.id) is None


@pytest.mark.parametrize("sql_store", ["postgresql"], indirect=True)
def test_a_connection_the_server_closed_is_replaced(sql_store: Store) -> None:
    with sql_store.unit_of_work() as uow:
        assert not uow.inbox.count()
    other = open_store(sql_store.url, secret=SECRET, clock=system_clock, new_id=new_id)
    with other.engine.connect() as connection:
        ended = connection.exec_driver_sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                                           "datname = current_database() AND pid <> pg_backend_pid()").all()
    assert ended
    with sql_store.unit_of_work() as uow:
        assert not uow.inbox.count()
    other.close()


def test_a_reader_does_not_wait_for_a_writer_and_sees_no_half_of_it(sql_store: Store) -> None:
    with sql_store.unit_of_work() as writer:
        writer.inbox.add(item(b"1"))
        with sql_store.reader() as reader:
            assert not reader.inbox.count()
            writer.commit()
            assert not reader.inbox.count(), "one snapshot"
    with sql_store.reader() as reader:
        assert reader.inbox.count() == {InboxStatus.PENDING: 1}


def test_a_turn_is_handed_over_in_order_of_arrival() -> None:
    turn, order, came = Turn(), [], threading.Semaphore(0)
    assert turn.take(0)
    assert not turn.take(0.001), "somebody has it"

    def wait(name: int) -> None:
        came.release()
        assert turn.take(30)
        order.append(name)
        turn.give()

    threads = []
    for name in range(5):
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        came.acquire()
        while len(turn._waiting) <= name:  # it has said so, and is about to stand in line
            pass
    turn.give()
    for thread in threads:
        thread.join(30)
    assert order == [0, 1, 2, 3, 4]
    assert turn.take(0)


@pytest.mark.parametrize("sql_store", ["sqlite"], indirect=True)
def test_the_writer_lock_is_given_back_when_beginning_fails(sql_store: Store,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise sqlite3.OperationalError("no")

    with monkeypatch.context() as patch:
        patch.setattr(sql_store.engine, "raw_connection", broken)
        with pytest.raises(sqlite3.OperationalError), sql_store.unit_of_work():
            pass
    with sql_store.unit_of_work() as uow:
        assert not uow.inbox.count()
