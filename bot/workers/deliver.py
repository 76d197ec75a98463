"""Send what is queued: SENDING is committed before the first byte, the result after the last (design, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.clock import Clock
from bot.crash import crash_point
from bot.errors import PermanentDeliveryError
from bot.log import get, redact
from storage.records import OutboxItem, OutboxStatus
from storage.unit_of_work import UnitOfWorkFactory

Send = Callable[[OutboxItem], object]
BATCH = 20
MAX_ATTEMPTS = 12
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)


def recover(store: UnitOfWorkFactory) -> int:
    """Queue again what a crash left in SENDING. Only when no other deliverer runs."""
    with store() as uow:
        count = uow.outbox.recover()
        uow.commit()
    return count


def deliver_batch(store: UnitOfWorkFactory, send: Send, clock: Clock, limit: int = BATCH) -> int:
    """Claim, commit, send each, commit each; returns how many were claimed."""
    with store() as uow:
        items = uow.outbox.claim(clock(), limit)
        uow.commit()
    for item in items:
        crash_point("while_sending")
        status, error, again = _attempt(item, send)
        with store() as uow:
            uow.outbox.mark(item.id, status, error=error, not_before=clock() + again if again else None)
            uow.commit()
    return len(items)


def wait_after(attempts: int) -> timedelta:
    """Doubles from a minute to four hours."""
    doublings: int = min(max(attempts, 1) - 1, 16)
    return min(FIRST_WAIT * float(1 << doublings), LONGEST_WAIT)


def _attempt(item: OutboxItem, send: Send) -> tuple[OutboxStatus, str | None, timedelta | None]:
    try:
        send(item)
    except PermanentDeliveryError as error:
        return OutboxStatus.FAILED, redact(str(error)), None
    except Exception as error:  # whatever it was, the mail is not lost: it stays queued
        text = redact(f"{type(error).__name__}: {error}")
        get().warning("delivery_failed", outbox_id=item.id, attempts=item.attempts, error=text)
        if item.attempts >= MAX_ATTEMPTS:
            return OutboxStatus.FAILED, text, None
        return OutboxStatus.QUEUED, text, wait_after(item.attempts)
    return OutboxStatus.SENT, None, None
