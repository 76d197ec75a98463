"""When a consent ends. Order of what counts: revocation, then missing proof, then age, then it is valid.

France, telephone (C. conso. R223-1 I 3°): the period the person agreed to, at most one year from collection, never
renewed in silence. "One year" is read as 365 days unless the operator chooses the calendar: one day shorter across a
29 February, never longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.policy.permission_types import Switches

YEAR = 365


class Validity(StrEnum):
    """What a consent is worth at a moment."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    MISSING_PROOF = "missing_proof"


def ends(collected_at: datetime, stated_end: datetime | None, life_days: int | None,
         switches: Switches) -> datetime | None:
    """The first moment at which the consent no longer counts; None when nothing ends it."""
    if life_days is None:
        return stated_end
    limit = _limit(collected_at, life_days, switches)
    return limit if stated_end is None or limit < stated_end else stated_end


def _limit(collected_at: datetime, life_days: int, switches: Switches) -> datetime:
    years, rest = divmod(life_days, YEAR)
    if switches.year == "calendar" and rest == 0:
        return same_date(collected_at, years)
    return collected_at + timedelta(days=life_days)


def same_date(moment: datetime, years: int) -> datetime:
    """The same date years later; 28 February when there is no 29th (1182/71, article 3(2)(c))."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def validity(at: datetime, collected_at: datetime | None, *, stated_end: datetime | None = None, revoked: bool = False,
             life_days: int | None = YEAR, switches: Switches | None = None) -> Validity:
    """What it is worth at `at`. `revoked`: any sign of it, readable or not. A collection in the future is no proof."""
    if revoked:
        return Validity.REVOKED
    if collected_at is None or collected_at > at:
        return Validity.MISSING_PROOF
    end = ends(collected_at, stated_end, life_days, switches or Switches())
    return Validity.EXPIRED if end is not None and at >= end else Validity.VALID


def proof_kept_until(collected_at: datetime, years: int) -> datetime:
    """How long the proof of a consent is kept (R223-2: 3 years; UWG §7a: 5 years, from each use too)."""
    return same_date(collected_at, years)
