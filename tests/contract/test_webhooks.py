"""Webhooks to a real receiver that fails, hangs, redirects and goes away; and what no order of failures can break."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.changed import Changed
from bot.channels.webhook import WebhookConfig, WebhookSender
from bot.clock import new_id, system_clock
from bot.webhooks import (
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    MAX_REFUSALS,
    Outcome,
    next_status,
    next_try,
    wait_after,
)
from bot.workers.webhooks import Post, Recipient, Webhooks, claim, recover, tell
from storage.memory import MemoryStore
from storage.records import Capacity, ConsentStatus, DeliveryStatus, EventTag, Party
from storage.store import Store
from tests.contract.conftest import ANNA, NOW, SECRET, AnyStore, event
from tests.servers.receiver import DRIP, HANG, Receiver

OPENED: list[WebhookSender] = []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    while OPENED:
        OPENED.pop().close()
    made.stop()


def sender_to(url: str, timeout: float = 5, *, private: bool = True) -> WebhookSender:
    OPENED.append(WebhookSender(WebhookConfig(url, timeout, private)))
    return OPENED[-1]


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def post(store: AnyStore, clock: Callable[[], datetime] = system_clock) -> Post:
    return Post(store=store.unit_of_work, reader=store.reader, clock=clock, random=lambda: 0.0,
                lease=timedelta(seconds=60))


def recipient(receiver: Receiver, *, name: str = "crm", timeout: float = 5, events: Sequence[EventTag] = (),
              handles: bool = False, private: bool = True) -> Recipient:
    return Recipient(name=name, secret=b"r" * 32, events=frozenset(events), handles=handles,
                     sender=sender_to(receiver.url, timeout, private=private))


def say(store: AnyStore, count: int = 1, party: str = "p1") -> None:
    with store.unit_of_work() as uow:
        for _ in range(count):
            uow.ledger.append(event(ConsentStatus.WITHDRAWN, party))
        uow.commit()


def statuses(store: AnyStore, name: str = "crm") -> dict[DeliveryStatus, int]:
    with store.reader() as uow:
        return dict(uow.deliveries.count(name))


def begin(store: AnyStore, name: str = "crm") -> None:
    with store.unit_of_work() as uow:
        uow.deliveries.begin(name, 0)
        uow.commit()


def test_each_change_is_told_in_order_signed_and_put_on_record(store: AnyStore, receiver: Receiver) -> None:
    begin(store)
    with store.unit_of_work() as uow:
        uow.parties.add(Party("p1", Capacity.CONSUMER), ANNA)
        uow.commit()
    say(store, 60)
    to = recipient(receiver, handles=True)
    tell(to, post(store))
    assert [got.sequence for got in receiver.got] == list(range(1, 61))
    for got in receiver.got:
        got.verify()
    first = receiver.got[0]
    assert first.path == "/hook"
    assert first.headers["content-type"] == "application/json"
    assert first.told["type"] == "consent.object"
    assert first.told["data"]["handles"] == [{"kind": "email", "value": ANNA.value}]
    with store.reader() as uow:
        assert first.headers["webhook-id"] == uow.ledger.entries()[0].id
        assert all(item.acknowledged_at for item, _ in uow.deliveries.of_party("p1"))
    assert statuses(store) == {DeliveryStatus.ACKNOWLEDGED: 60}
    assert receiver.connections == 1, "one connection is kept"
    tell(to, post(store))
    assert len(receiver.got) == 60


def test_a_new_recipient_is_told_of_what_comes_from_now_on(store: AnyStore, receiver: Receiver) -> None:
    say(store, 3)
    to = recipient(receiver)
    tell(to, post(store))
    say(store)
    tell(to, post(store))
    assert [got.sequence for got in receiver.got] == [4]
    assert "handles" not in receiver.got[0].told["data"]
    assert ANNA.value.encode() not in receiver.got[0].body


def test_only_the_events_that_are_wanted(store: AnyStore, receiver: Receiver) -> None:
    begin(store)
    say(store, 120)
    with store.unit_of_work() as uow:
        uow.ledger.append(event(ConsentStatus.WITHDRAWN, "p2"))
        uow.commit()
    tell(recipient(receiver, events=[EventTag.ERASE]), post(store))
    assert not receiver.got
    with store.reader() as uow:
        assert uow.deliveries.cursor("crm") == 121


@pytest.mark.parametrize(("status", "words"), [(500, "HTTP 500"), (301, "HTTP 301"), (404, "HTTP 404"),
                                               (HANG, "no answer in time"), (DRIP, "no answer in time")])
def test_a_failure_is_tried_again_later_with_the_same_id_and_nothing_overtakes(
        store: AnyStore, receiver: Receiver, status: int, words: str) -> None:
    begin(store)
    say(store, 3)
    clock, failing = Clock(system_clock()), [status, status]
    receiver.headers = {"Location": "http://127.0.0.1:1/elsewhere"}
    receiver.answer = lambda got: failing.pop() if failing else 200
    to = recipient(receiver, timeout=0.5)
    for _ in range(2):
        tell(to, post(store, clock))
        with store.reader() as uow:
            (head, *rest) = uow.deliveries.open("crm", 9)
        assert (head.sequence, head.status, head.error) == (1, DeliveryStatus.QUEUED, words)
        assert [item.attempts for item in rest] == [0, 0]
        tell(to, post(store, clock))
        clock.now += timedelta(seconds=30)
    tell(to, post(store, clock))
    assert [got.sequence for got in receiver.got] == [1, 1, 1, 2, 3]
    assert len({got.headers["webhook-id"] for got in receiver.got[:3]}) == 1
    assert statuses(store) == {DeliveryStatus.ACKNOWLEDGED: 3}


def test_what_is_refused_for_good_is_set_aside_and_a_replay_tells_it_again_in_order(
        store: AnyStore, receiver: Receiver) -> None:
    begin(store)
    say(store, 4)
    clock = Clock(system_clock())
    receiver.answer = lambda got: 422 if got.sequence == 2 else 200
    to = recipient(receiver)
    for _ in range(MAX_REFUSALS):
        tell(to, post(store, clock))
        clock.now += timedelta(hours=4)
    assert [got.sequence for got in receiver.got] == [1, *[2] * MAX_REFUSALS, 3, 4]
    assert statuses(store) == {DeliveryStatus.ACKNOWLEDGED: 3, DeliveryStatus.DEAD: 1}
    receiver.answer, receiver.got = lambda got: 200, []
    with store.unit_of_work() as uow:
        assert uow.deliveries.oldest_dead("crm") == 2
        uow.deliveries.replay("crm", 1)
        uow.commit()
    say(store)
    tell(to, post(store, clock))
    assert [got.sequence for got in receiver.got] == [2, 3, 4, 5]
    assert statuses(store) == {DeliveryStatus.ACKNOWLEDGED: 5}


def test_410_stops_it_until_an_operator_replays(store: AnyStore, receiver: Receiver) -> None:
    begin(store)
    say(store, 2)
    receiver.answer = lambda got: 410
    to = recipient(receiver)
    for _ in range(3):
        tell(to, post(store))
    assert len(receiver.got) == 1
    receiver.answer = lambda got: 200
    with store.unit_of_work() as uow:
        uow.deliveries.replay("crm", 0)
        uow.commit()
    tell(to, post(store))
    assert [got.sequence for got in receiver.got] == [1, 1, 2]


def test_private_addresses_are_refused_unless_allowed(store: AnyStore, receiver: Receiver) -> None:
    for url, allow, open_ in (
            (receiver.url, True, True), (receiver.url, False, False),
            (f"http://localhost:{receiver.port}/", True, True),
            ("http://10.0.0.1:1/", True, False), ("https://127.0.0.1:1/", False, False),
            ("https://10.1.2.3/", False, False), ("https://169.254.169.254/latest", False, False),
            ("https://[::1]:1/", False, False), ("https://[::ffff:127.0.0.1]:1/", False, False),
            ("https://[fe80::1]/", False, False), ("https://0.0.0.0/", False, False),
            ("https://224.0.0.1/", False, False), ("https://100.64.0.1/", False, False)):
        outcome = sender_to(url, 2, private=allow).post(b"{}", {})
        assert outcome.acknowledged == open_, url
        if not open_:
            assert outcome.error is not None
            assert "private" in outcome.error, (url, outcome.error)
    assert len(receiver.got) == 2


def test_a_name_that_is_not_known_and_a_port_that_is_shut_are_words(receiver: Receiver) -> None:
    assert sender_to("https://nowhere.invalid/").post(b"", {}).error == "the name is not known"
    shut = sender_to("http://127.0.0.1:1/").post(b"", {})
    assert shut.error == "ConnectionRefusedError: Connection refused"
    plain = sender_to(receiver.url.replace("http:", "https:")).post(b"", {})
    assert plain.error is not None
    assert "SSL" in plain.error


def test_a_kept_connection_that_was_closed_is_made_again(receiver: Receiver) -> None:
    sender = sender_to(receiver.url)
    assert sender.post(b"{}", {}).acknowledged
    assert sender._open is not None
    sender._open.sock.shutdown(2)
    assert sender.post(b"{}", {}).acknowledged
    assert len(receiver.got) == 2


def test_what_a_kill_left_is_leased_to_others_and_sent_again_with_the_same_id(
        store: AnyStore, receiver: Receiver) -> None:
    begin(store)
    say(store, 2)
    clock, to = Clock(system_clock()), recipient(receiver)
    assert [parcel.delivery.sequence for parcel in claim(to, post(store, clock))] == [1, 2]  # and it dies here
    tell(to, post(store, clock))
    assert not receiver.got, "another process sees that they are being sent"
    clock.now += timedelta(seconds=61)
    tell(to, post(store, clock))
    assert [got.sequence for got in receiver.got] == [1, 2]
    say(store)
    claim(to, post(store, clock))
    recover("crm", store.unit_of_work)  # alone: nobody else can be sending
    tell(to, post(store, clock))
    assert [got.sequence for got in receiver.got] == [1, 2, 3]


def test_one_that_hangs_delays_no_other_and_a_commit_wakes_at_once(sql_store: Store, receiver: Receiver) -> None:
    slow, changed = Receiver(answer=lambda got: HANG), Changed()
    sql_store.committed = changed.tell
    hooks = Webhooks([recipient(slow, name="slow", timeout=20), recipient(receiver)], post(sql_store), changed,
                     alone=True)
    for name in ("slow", "crm"):
        begin(sql_store, name)
    hooks.start()
    try:
        say(sql_store)
        assert slow.wait(lambda got: len(got) == 1)
        assert receiver.wait(lambda got: len(got) == 1)
        begun = time.monotonic()
        say(sql_store)
        assert receiver.wait(lambda got: len(got) == 2)
        assert time.monotonic() - begun < 5
        assert len(slow.got) == 1
        assert hooks.alive()
    finally:
        slow.stop()
        hooks.stop()


def test_two_processes_tell_each_change_once_and_in_order(sql_store: Store, receiver: Receiver) -> None:
    begin(sql_store)
    both = [Webhooks([recipient(receiver)], post(sql_store), Changed(), alone=False) for _ in range(2)]
    for hooks in both:
        hooks.start()
    for _ in range(20):
        say(sql_store, 3)
    assert receiver.wait(lambda got: len(got) == 60, 60)
    for hooks in both:
        hooks.stop()
    assert [got.sequence for got in receiver.got] == list(range(1, 61))


def test_waits_double_to_hours_with_jitter_and_last_for_days() -> None:
    assert wait_after(1, lambda: 0.0) == timedelta(seconds=5)
    assert wait_after(2, lambda: 0.0) == timedelta(seconds=10)
    assert wait_after(1, lambda: 0.999) < timedelta(seconds=2.6)
    assert wait_after(99, lambda: 0.0) == LONGEST_WAIT
    whole = sum((wait_after(number, lambda: 0.0) for number in range(1, MAX_ATTEMPTS)), timedelta())
    assert timedelta(days=3) < whole < timedelta(days=4)
    failed = Outcome(503, retry_after=timedelta(hours=2))
    assert next_try(failed, 1, NOW, lambda: 0.0) == NOW + timedelta(hours=2)
    assert next_try(Outcome(503, retry_after=timedelta(days=99)), 1, NOW, lambda: 0.0) == NOW + timedelta(days=1)
    assert next_status(Outcome(500), MAX_ATTEMPTS - 1) is DeliveryStatus.QUEUED
    assert next_status(Outcome(500), MAX_ATTEMPTS) is DeliveryStatus.DEAD
    assert next_status(Outcome(None), MAX_ATTEMPTS) is DeliveryStatus.DEAD


def test_retry_after_is_read(receiver: Receiver) -> None:
    receiver.answer, receiver.headers = (lambda got: 429), {"Retry-After": "120"}
    sender = sender_to(receiver.url)
    assert sender.post(b"{}", {}).retry_after == timedelta(minutes=2)
    receiver.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert sender.post(b"{}", {}).retry_after is None


@dataclass
class Scripted:
    """A recipient that answers from a list, and then well."""

    script: list[int]
    got: list[str] = field(default_factory=list)

    def post(self, body: bytes, headers: dict[str, str]) -> Outcome:
        self.got.append(headers["webhook-id"])
        return Outcome(self.script.pop(0)) if self.script else Outcome(200)


STEPS = st.lists(st.one_of(
    st.tuples(st.just("say"), st.integers(1, 4)), st.tuples(st.just("tell"), st.just(0)),
    st.tuples(st.just("die"), st.just(0)), st.tuples(st.just("replay"), st.integers(0, 12))), max_size=25)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.lists(st.sampled_from([200, 200, 500, 422, 410, 301]), max_size=12))
def test_nothing_is_lost_nor_overtaken_whatever_fails_dies_or_is_replayed(
        steps: list[tuple[str, int]], script: list[int]) -> None:
    clock, said = Clock(), 0
    store = MemoryStore(SECRET, clock, new_id)
    sender = Scripted(list(script))
    to = Recipient(name="crm", sender=sender, secret=b"s" * 32)  # type: ignore[arg-type]
    begin(store)
    passes: list[list[str]] = [[]]

    def turn() -> None:
        before = len(sender.got)
        tell(to, post(store, clock))
        passes[-1] += sender.got[before:]
        clock.now += timedelta(hours=5)

    for what, number in [*steps, *[("tell", 0)] * 40]:
        if what == "say":
            say(store, number)
            said += number
        elif what == "tell":
            turn()
        elif what == "die":
            claim(to, post(store, clock))
            clock.now += timedelta(hours=5)
        else:
            with store.unit_of_work() as uow:
                uow.deliveries.replay("crm", min(number, uow.deliveries.cursor("crm") or 0))
                uow.commit()
            passes.append([])
    with store.reader() as uow:
        order = {entry.id: entry.sequence for entry in uow.ledger.entries()}
        count = uow.deliveries.count("crm")
        stopped = uow.deliveries.open("crm", 1)
    for told in passes:  # between two replays nothing is overtaken: only the same again, or a later one
        assert [order[each] for each in told] == sorted(order[each] for each in told)
    if not stopped:
        assert count.get(DeliveryStatus.ACKNOWLEDGED, 0) + count.get(DeliveryStatus.DEAD, 0) == said
        assert {order[each] for told in passes for each in told} == set(range(1, said + 1))
    else:
        assert stopped[0].status is DeliveryStatus.GONE
    assert threading.active_count() < 50
