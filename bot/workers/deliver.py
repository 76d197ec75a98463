"""Send what is queued: SENDING is committed before the first byte, the result after the last (design, section 2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.crash import crash_point
from bot.errors import PermanentDeliveryError
from bot.log import get, redact
from storage.records import OutboxItem, OutboxStatus
from storage.unit_of_work import LEASE, UnitOfWorkFactory

Send = Callable[[OutboxItem], object]
BATCH = 20
MAX_ATTEMPTS = 12
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
UNSAVED = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one try."""

    item_id: str
    status: OutboxStatus
    error: str | None = None
    not_before: datetime | None = None


def recover(store: UnitOfWorkFactory, now: datetime | None = None) -> int:
    """Queue again what a crash left in SENDING: what is overdue at `now`, or all when nobody else can be sending."""
    with store() as uow:
        count = uow.outbox.recover(now)
        uow.commit()
    return count


def deliver_all(store: UnitOfWorkFactory, send: Send, clock: Clock, lease: timedelta = LEASE) -> None:
    """Until nothing is due."""
    while deliver_batch(store, send, clock, lease):
        pass


def deliver_batch(store: UnitOfWorkFactory, send: Send, clock: Clock, lease: timedelta = LEASE) -> int:
    """Claim, commit, send each, commit the results; returns how many were claimed.

    Results are committed together, at the latest a quarter of a second after the first of them was sent: what a
    crash leaves in SENDING is sent again with the same Message-ID, and that is at most BATCH messages.
    """
    with store() as uow:
        items = uow.outbox.claim(clock(), BATCH, lease)
        uow.commit()
    results: list[Result] = []
    since = claimed = clock()
    for item in items:
        if clock() - claimed > lease / 2:  # so slow that another may soon take them: leave the rest to whoever comes
            results.append(Result(item.id, OutboxStatus.QUEUED))
            continue
        crash_point("while_sending")
        results.append(_attempt(item, send, clock))
        if clock() - since > UNSAVED:
            _save(results, store)
            results, since = [], clock()
    _save(results, store)
    return len(items)


def _save(results: Sequence[Result], store: UnitOfWorkFactory) -> None:
    if not results:
        return
    with store() as uow:
        for result in results:
            uow.outbox.mark(result.item_id, result.status, error=result.error, not_before=result.not_before)
        uow.commit()


def wait_after(attempts: int) -> timedelta:
    """Doubles from a minute to four hours."""
    doublings: int = min(max(attempts, 1) - 1, 16)
    return min(FIRST_WAIT * float(1 << doublings), LONGEST_WAIT)


def _attempt(item: OutboxItem, send: Send, clock: Clock) -> Result:
    try:
        send(item)
    except PermanentDeliveryError as error:
        return Result(item.id, OutboxStatus.FAILED, redact(str(error)))
    except Exception as error:  # whatever it was, the mail is not lost: it stays queued
        text = redact(f"{type(error).__name__}: {error}")
        get().warning("delivery_failed", outbox_id=item.id, attempts=item.attempts, error=text)
        if item.attempts >= MAX_ATTEMPTS:
            return Result(item.id, OutboxStatus.FAILED, text)
        return Result(item.id, OutboxStatus.QUEUED, text, clock() + wait_after(item.attempts))
    return Result(item.id, OutboxStatus.SENT)
