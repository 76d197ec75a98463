"""Tells each recipient of each change, in the ledger's order: one thread each, so that none delays another.

A claim commits the deliveries it takes as SENDING, under the recipient's row; another process sees them leased. What a
kill -9 leaves is sent again with the same webhook-id once the lease is over: at least once, in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.changed import Changed
from bot.channels.webhook import WebhookSender
from bot.clock import Clock
from bot.crash import crash_point
from bot.log import get
from bot.webhooks import Outcome, Random, body_of, headers, next_status, next_try
from storage.records import Change, Delivery, DeliveryStatus, EventTag, Handle
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH = 50
SWEEP = timedelta(seconds=1)  # between looks at the tables when nobody wakes us
UNSAVED = timedelta(milliseconds=250)  # acknowledgements are committed together, at the latest after this


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom to tell, of which events (empty: all), signed with which secret."""

    name: str
    sender: WebhookSender
    secret: bytes
    events: frozenset[EventTag] = frozenset()
    handles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What telling needs."""

    store: UnitOfWorkFactory
    reader: UnitOfWorkFactory
    clock: Clock
    random: Random
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is ours to send until the lease is over."""

    delivery: Delivery
    change: Change
    handles: Sequence[Handle] | None


def tell(recipient: Recipient, post: Post, stopping: Callable[[], bool] = lambda: False) -> timedelta:
    """Send what is due, in order, until nothing is; how long to wait before the next look."""
    while not stopping():
        wait = _idle(recipient, post)
        if wait is not None:
            return wait
        _send(claim(recipient, post), recipient, post, stopping)
    return SWEEP


def _idle(recipient: Recipient, post: Post) -> timedelta | None:
    """How long there is nothing to do; None when there is. Only reads: a look must not hold up writers."""
    with post.reader() as uow:
        cursor = uow.deliveries.cursor(recipient.name)
        if cursor is None:
            return None
        head = next(iter(uow.deliveries.open(recipient.name, 1)), None)
        if head is None:
            return None if uow.changes.list(cursor, 1) else SWEEP
    if head.status is DeliveryStatus.GONE:
        return SWEEP
    left = (head.not_before or post.clock()) - post.clock()
    return min(left, SWEEP) if left > timedelta() else None


def claim(recipient: Recipient, post: Post) -> list[Parcel]:
    """Take the first deliveries that are due, and make those of new changes; commits."""
    now, name = post.clock(), recipient.name
    with post.store() as uow:
        if uow.deliveries.cursor(name) is None:
            uow.deliveries.begin(name, uow.changes.newest())  # a new recipient is told of what comes from now on
        cursor = uow.deliveries.cursor(name, lock=True) or 0
        if not uow.deliveries.open(name, 1):
            _fill(recipient, cursor, uow)
        due: list[Delivery] = []
        for item in uow.deliveries.open(name, BATCH):
            if item.status is DeliveryStatus.GONE or (item.not_before is not None and item.not_before > now):
                break
            due.append(replace(item, attempts=item.attempts + 1))
            uow.deliveries.mark(name, item.sequence, DeliveryStatus.SENDING, attempts=item.attempts + 1,
                                not_before=now + post.lease)
        parcels = _parcels(due, recipient, uow)
        uow.commit()
    return parcels


def _fill(recipient: Recipient, cursor: int, uow: UnitOfWork) -> None:
    changes = uow.changes.list(cursor, BATCH)
    if changes:
        wanted = [each.sequence for each in changes if not recipient.events or each.tag in recipient.events]
        uow.deliveries.queue(recipient.name, wanted, changes[-1].sequence)


def _parcels(due: Sequence[Delivery], recipient: Recipient, uow: UnitOfWork) -> list[Parcel]:
    changes = {item.sequence: uow.changes.get(item.sequence) for item in due}
    parties = list({each.party_id for each in changes.values() if each is not None})
    handles = uow.changes.handles(parties) if recipient.handles and parties else {}
    return [Parcel(item, change, handles.get(change.party_id, ()) if recipient.handles else None)
            for item in due if (change := changes[item.sequence]) is not None]


def _send(parcels: Sequence[Parcel], recipient: Recipient, post: Post, stopping: Callable[[], bool]) -> None:
    """One after the other; after a failure, or when time is short, the rest goes back."""
    began = since = post.clock()
    done: list[tuple[Parcel, Outcome]] = []
    for at, parcel in enumerate(parcels):
        if stopping() or post.clock() - began > post.lease / 2:
            _save(done, parcels[at:], recipient, post)
            return
        crash_point("while_telling")
        outcome = attempt(parcel, recipient, post.clock())
        done.append((parcel, outcome))
        if not outcome.acknowledged:
            _save(done, parcels[at + 1:], recipient, post)
            return
        if post.clock() - since > UNSAVED:
            _save(done, (), recipient, post)
            done, since = [], post.clock()
    _save(done, (), recipient, post)


def attempt(parcel: Parcel, recipient: Recipient, now: datetime) -> Outcome:
    """One try, signed now."""
    body = body_of(parcel.change, parcel.handles)
    return recipient.sender.post(body, headers(recipient.secret, parcel.change.id, now, body))


def _save(done: Sequence[tuple[Parcel, Outcome]], unsent: Sequence[Parcel], recipient: Recipient, post: Post) -> None:
    if not done and not unsent:
        return
    now, name = post.clock(), recipient.name
    with post.store() as uow:
        for parcel, outcome in done:
            attempts, sequence = parcel.delivery.attempts, parcel.delivery.sequence
            status = next_status(outcome, attempts)
            if status is DeliveryStatus.ACKNOWLEDGED:
                uow.deliveries.acknowledge(name, sequence, now)
                continue
            later = next_try(outcome, attempts, now, post.random) if status is DeliveryStatus.QUEUED else None
            uow.deliveries.mark(name, sequence, status, attempts=attempts, error=outcome.error, not_before=later)
            get().warning("webhook_failed", recipient=name, sequence=sequence, attempts=attempts,
                          error=outcome.error, status=str(status))
        for parcel in unsent:
            uow.deliveries.mark(name, parcel.delivery.sequence, DeliveryStatus.QUEUED,
                                attempts=parcel.delivery.attempts - 1)
        uow.commit()


def recover(name: str, store: UnitOfWorkFactory) -> None:
    """What a crash left in SENDING is due at once, when no other process can be sending it."""
    with store() as uow:
        for item in uow.deliveries.open(name, BATCH):
            if item.status is DeliveryStatus.SENDING:
                uow.deliveries.mark(name, item.sequence, DeliveryStatus.QUEUED, attempts=item.attempts)
        uow.commit()


class Webhooks:
    """A thread for each recipient, woken by each commit."""

    def __init__(self, recipients: Sequence[Recipient], post: Post, changed: Changed, *, alone: bool) -> None:
        """`alone`: no other process uses this store."""
        self._recipients, self._post, self._changed, self._alone = recipients, post, changed, alone
        self._stopping = threading.Event()
        self._wakes: list[threading.Event] = []
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Recover, then follow."""
        for recipient in self._recipients:
            if self._alone:
                recover(recipient.name, self._post.store)
            wake = threading.Event()
            thread = threading.Thread(target=self._follow, args=(recipient, wake), name=f"webhook-{recipient.name}",
                                      daemon=True)
            self._wakes.append(wake)
            self._threads.append(thread)
            thread.start()

    def alive(self) -> bool:
        """Every thread that should run runs."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End the try that is under way, and no other."""
        self._stopping.set()
        for wake in self._wakes:
            wake.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _follow(self, recipient: Recipient, wake: threading.Event) -> None:
        with self._changed.listening(wake.set):
            while not self._stopping.is_set():
                wait = SWEEP
                wake.clear()
                try:
                    wait = tell(recipient, self._post, self._stopping.is_set)
                except Exception:  # the store may be away; the rows are still there
                    get().exception("worker_failed", worker=f"webhook-{recipient.name}")
                wake.wait(wait.total_seconds())
        recipient.sender.close()
