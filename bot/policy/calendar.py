"""Durations by the calendar (1182/71, article 3)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.policy.expiry import same_date

_ISO = re.compile(r"P([1-9]\d{0,2})([YMD])")
_COMPARED_FROM = datetime(2001, 1, 1)


def shifted(moment: datetime, duration: str, sign: int = 1) -> datetime:
    """The moment later or, with sign -1, earlier by an ISO 8601 duration of one number and one unit: P3Y, P6M, P30D.

    A month or year that has no such day ends on its last one. Raises ValueError for any other duration.
    """
    found = _ISO.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration} is no duration of one number and one unit, as P3Y, P6M or P30D")
    count = sign * int(found[1])
    if found[2] == "D":
        return moment + timedelta(days=count)
    if found[2] == "Y":
        return same_date(moment, count)
    return _months_later(moment, count)


def _months_later(moment: datetime, count: int) -> datetime:
    month = moment.month - 1 + count
    year, month = moment.year + month // 12, month % 12 + 1
    for day in range(moment.day, 28, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month, day=min(moment.day, 28))


def longer(duration: str, other: str) -> bool:
    """Whether the one is longer than the other. Raises ValueError."""
    return shifted(_COMPARED_FROM, duration) > shifted(_COMPARED_FROM, other)
