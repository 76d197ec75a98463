"""Ending what has an end: consents by their own words or the law's year, requests that nobody answered.

Each is a ledger event; nothing is renewed in silence (C. conso. R223-1 I), and silence is no (recital 32).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.policy.expiry import YEAR, ends, same_date
from bot.policy.permission_types import Operator, Switches
from storage.chain import GENESIS
from storage.dossier_records import Ended, Ending
from storage.records import ConsentEvent, ConsentStatus, EventTag
from storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

BATCH = 500  # events in one transaction
FRENCH_CALLS = "FR-10"  # the row of the regimes that says the year


def expire(store: UnitOfWorkFactory, operator: Operator, now: datetime, *,
           stopping: Callable[[], bool] = lambda: False) -> Mapping[Ending, int]:
    """Everything that has ended, a batch a transaction; how many for each reason."""
    done: Counter[Ending] = Counter()
    for ending in Ending:
        while not stopping():
            with store() as uow:
                found = expire_some(uow, ending, operator, now, BATCH)
                uow.commit()
            done[ending] += found
            if found < BATCH:
                break
    return done


def expire_some(uow: UnitOfWork, ending: Ending, operator: Operator, now: datetime, limit: int) -> int:
    """In the caller's transaction; a dry run rolls back. How many."""
    found = uow.expiries.some(ending, now, year_ago(now, operator.switches), operator.country, limit)
    for each in found:
        uow.ledger.append(_event(each, ending, operator, now))
    return len(found)


def year_ago(now: datetime, switches: Switches) -> datetime:
    """A telephone consent given then, or before, is over."""
    return same_date(now, -1) if switches.year == "calendar" else now - timedelta(days=YEAR)


def _event(found: Ended, ending: Ending, operator: Operator, now: datetime) -> ConsentEvent:
    state = found.state
    regime = FRENCH_CALLS if ending is Ending.PHONE_YEAR else found.regime
    return ConsentEvent(
        EventTag.EXPIRE, state.party_id, found.capacity, state.purpose, state.channel, state.status,
        ConsentStatus.EXPIRED, _ended(found, ending, operator, now), "system", regime, f"expire: {ending}", GENESIS)


def _ended(found: Ended, ending: Ending, operator: Operator, now: datetime) -> datetime:
    """The moment it ended; for a request, when we saw that nobody had answered."""
    state = found.state
    if ending is Ending.SILENCE:
        return now
    life = YEAR if ending is Ending.PHONE_YEAR else None
    return ends(state.since, state.valid_until, life, operator.switches) or now
