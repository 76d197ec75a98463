"""What recipients are told: in order, without a gap, never twice by mistake; and what they say that they have."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from storage.records import Capacity, ConsentStatus, Delivery, DeliveryStatus, EventTag, Party
from storage.store import Store
from storage.unit_of_work import UnitOfWork
from tests.contract.conftest import ANNA, NOW, AnyStore, event

LATER = NOW + timedelta(hours=1)


def fill(uow: UnitOfWork, count: int = 5) -> None:
    for number in range(count):
        uow.ledger.append(event(ConsentStatus.WITHDRAWN, f"p{number % 2}"))


def test_changes_are_the_ledger_without_what_is_sealed_or_no_business_of_recipients(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        assert uow.changes.newest() == 0
        first = uow.ledger.append(event(ConsentStatus.GIVEN, "p1", "newsletter", "email"))
        uow.ledger.append(replace(event(), tag=EventTag.RIGHTS_OPEN))
        uow.ledger.append(replace(event(), tag=EventTag.ERASE))
        uow.ledger.append(replace(event(), tag=EventTag.ACKNOWLEDGE))
        assert [change.sequence for change in uow.changes.list(0, 10)] == [1, 3]
        assert [change.sequence for change in uow.changes.list(0, 1)] == [1]
        assert [change.sequence for change in uow.changes.list(1, 10)] == [3]
        assert uow.changes.newest() == 4
        told = uow.changes.get(1)
        assert told is not None
        assert (told.id, told.tag, told.purpose, told.occurred_at) == (first.id, EventTag.OBJECT, "newsletter", NOW)
        assert uow.changes.get(2) is None
        assert uow.changes.get(99) is None
        uow.parties.add(Party("p1", Capacity.CONSUMER), ANNA)
        assert uow.changes.handles(["p1", "p2"]) == {"p1": [ANNA]}


def test_a_delivery_is_queued_tried_and_acknowledged_once(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        assert uow.deliveries.cursor("crm") is None
        uow.deliveries.begin("crm", 1)
        uow.deliveries.begin("crm", 4)
        assert uow.deliveries.cursor("crm", lock=True) == 1, "known already"
        uow.deliveries.queue("crm", [2, 3], 3)
        uow.deliveries.queue("crm", [3], 3)
        assert uow.deliveries.open("crm", 10) == [Delivery("crm", 2), Delivery("crm", 3)]
        assert uow.deliveries.open("crm", 1) == [Delivery("crm", 2)]
        uow.deliveries.mark("crm", 2, DeliveryStatus.SENDING, attempts=1, not_before=LATER)
        assert uow.deliveries.get("crm", 2) == Delivery("crm", 2, DeliveryStatus.SENDING, 1, LATER)
        uow.deliveries.acknowledge("crm", 2, NOW)
        uow.deliveries.acknowledge("crm", 2, LATER)
        uow.deliveries.mark("crm", 2, DeliveryStatus.QUEUED, attempts=9)
        kept = uow.deliveries.get("crm", 2)
        assert kept is not None
        assert (kept.status, kept.acknowledged_at) == (DeliveryStatus.ACKNOWLEDGED, NOW), "the first time counts"
        uow.deliveries.acknowledge("esp", 5, NOW)  # it pulls the feed and says so
        assert uow.deliveries.count("crm") == {DeliveryStatus.ACKNOWLEDGED: 1, DeliveryStatus.QUEUED: 1}
        assert [(item.subscriber, change.sequence) for item, change in uow.deliveries.of_party("p1")] == [("crm", 2)]
        assert [item.subscriber for item, _ in uow.deliveries.of_party("p0")] == ["crm", "esp"]
        assert uow.deliveries.get("crm", 77) is None


def test_what_is_dead_is_found_and_a_replay_tells_everything_after_it_again(store: AnyStore) -> None:
    with store.unit_of_work() as uow:
        fill(uow)
        uow.deliveries.begin("crm", 0)
        uow.deliveries.queue("crm", [1, 2, 4], 5)
        uow.deliveries.acknowledge("crm", 1, NOW)
        uow.deliveries.acknowledge("crm", 4, NOW)
        assert uow.deliveries.oldest_dead("crm") is None
        uow.deliveries.mark("crm", 2, DeliveryStatus.DEAD, attempts=3, error="500")
        assert uow.deliveries.oldest_dead("crm") == 2
        assert not uow.deliveries.open("crm", 10)
        uow.deliveries.replay("crm", 1)
        assert uow.deliveries.cursor("crm") == 1
        assert not uow.deliveries.open("crm", 10), "nothing is told before the cursor comes there again, in order"
        uow.deliveries.queue("crm", [2, 3, 4], 4)
        assert [item.sequence for item in uow.deliveries.open("crm", 10)] == [2, 3, 4]
        again = uow.deliveries.get("crm", 4)
        assert again == Delivery("crm", 4, acknowledged_at=NOW), "what was acknowledged once stays on record"
        uow.deliveries.replay("nobody", 0)


def test_no_sequence_appears_below_one_that_was_read(sql_store: Store) -> None:
    """Writers in threads of their own; a reader follows as fast as it can, and misses none."""
    each, writers = 60, 4
    start, done = threading.Barrier(writers + 1), threading.Event()

    def write(name: int) -> None:
        start.wait(30)
        for number in range(each):
            with sql_store.unit_of_work() as uow:
                uow.ledger.append(event(ConsentStatus.WITHDRAWN, f"p{name}-{number}"))
                if number % 7 == 3:
                    uow.rollback()  # leaves no hole
                else:
                    uow.commit()

    def follow() -> list[int]:
        seen: list[int] = []
        start.wait(30)
        while True:
            last = done.is_set()
            with sql_store.reader() as uow:
                seen += [change.sequence for change in uow.changes.list(seen[-1] if seen else 0, 7)]
                if last and seen and seen[-1] == uow.changes.newest():
                    return seen

    with ThreadPoolExecutor(writers + 1) as pool:
        reading = pool.submit(follow)
        for future in [pool.submit(write, name) for name in range(writers)]:
            future.result()
        done.set()
        seen = reading.result()
    kept = writers * sum(number % 7 != 3 for number in range(each))
    assert seen == list(range(1, kept + 1))
