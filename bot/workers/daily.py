"""Once a day: end what has an end, judge old contacts again, take out what is over. Interrupted, it is done the next
time: each batch is a transaction of its own, and what is done is not done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.audit import Auditing, audit, terms_of
from bot.clock import Clock
from bot.controller import operator_of
from bot.expiring import expire
from bot.log import get
from bot.retention import carry_out, kept
from bot.settings import Settings
from storage.records import Pile
from storage.unit_of_work import UnitOfWorkFactory

DAY = timedelta(days=1)
Stopping = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Done:
    """What a day's work did: consents ended by reason, claims by pile (none when not judged), rows taken out."""

    ended: Mapping[str, int]
    piles: Mapping[str, int]
    taken_out: Mapping[str, int]


def daily(settings: Settings, store: UnitOfWorkFactory, reader: UnitOfWorkFactory, now: datetime,
          stopping: Stopping = lambda: False) -> Done:
    """All of it, in this order: what has ended is judged as ended. Raises OperatorError for settings that cannot be."""
    ended = expire(store, operator_of(settings), now, stopping=stopping)
    piles: Mapping[str, int] = {}
    if settings.audit.nightly:
        summary = audit(Auditing(reader, store, terms_of(settings), now, stopping=stopping))
        piles = {pile.value: summary.total(pile) for pile in Pile}
    gone: Mapping[str, int] = {}
    if settings.retention.nightly:
        gone = carry_out(store, kept(settings), now, files=settings.retention.nightly_files, stopping=stopping)
    return Done({ending.value: count for ending, count in ended.items()}, piles, gone)


@dataclass(slots=True)
class Daily:
    """Calls it when a day has passed since it was last done, by the clock; and at the first look."""

    settings: Settings
    store: UnitOfWorkFactory
    reader: UnitOfWorkFactory
    clock: Clock
    _next: datetime | None = field(default=None)

    def __call__(self, stopping: Stopping = lambda: False) -> Done | None:
        """What was done; None when it is not time."""
        now = self.clock()
        if self._next is not None and now < self._next:
            return None
        done = daily(self.settings, self.store, self.reader, now, stopping)
        if not stopping():
            self._next = now + DAY
        get().info("daily", ended=sum(done.ended.values()), piles=dict(done.piles), taken_out=dict(done.taken_out))
        return done
