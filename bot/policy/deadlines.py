"""Legal clocks in days: 1182/71 for rights requests, jours ouvrables for call backs, business days for withdrawals."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

ZONES = {"AT": "Europe/Vienna", "BE": "Europe/Brussels", "CA": "America/Toronto", "CH": "Europe/Zurich",
         "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris", "GB": "Europe/London",
         "IT": "Europe/Rome", "LU": "Europe/Luxembourg", "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw",
         "PT": "Europe/Lisbon", "US": "America/New_York"}
"""Where a country's dates are read: its capital's or largest zone."""
ALSACE_MOSELLE = frozenset({"57", "67", "68", "6AE"})  # ISO 3166-2:FR; two more holidays (C. trav. L3134-13)


def zone_of(country: str) -> str:
    """The IANA zone in which a country's dates are read; UTC when we do not know it."""
    return ZONES.get(country, "UTC")


def due(received: date, months: int, country: str) -> date:
    """The last day to answer: same date `months` later, else the month's last day, else the next working day.

    Holidays are those of the controller's country (Regulation (EEC, Euratom) 1182/71, articles 2(1) and 3(4)).
    """
    month = received.month - 1 + months
    year, month = received.year + month // 12, month % 12 + 1
    day = date(year, month, min(received.day, calendar.monthrange(year, month)[1]))
    while day.weekday() >= 5 or day in public_holidays(country, day.year):
        day += timedelta(days=1)
    return day


@cache
def public_holidays(country: str, year: int, region: str | None = None) -> frozenset[date]:
    """Public holidays of a country, with those of one of its regions (a subdivision the holidays library knows)."""
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))


def due_at(received_at: datetime, months: int, country: str) -> datetime:
    """The last instant of the last day in the controller's zone, as UTC."""
    zone = ZoneInfo(zone_of(country))
    last = due(received_at.astimezone(zone).date(), months, country)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)


def working_days_after(day: date, count: int, region: str | None = None) -> date:
    """The last of `count` jours ouvrables after `day`: Monday to Saturday, French holidays out (C. conso. R223-4).

    `region`: ISO 3166-2:FR without the country. Unknown: without regional holidays, so the time is shorter.
    """
    local = "57" if region in ALSACE_MOSELLE else None
    return _after(day, count, lambda each: each.weekday() < 6 and each not in public_holidays("FR", each.year, local))


def business_days_after(day: date, count: int, country: str) -> date:
    """The last of `count` business days after `day`: Monday to Friday, federal or national holidays out."""
    return _after(day, count, lambda each: each.weekday() < 5 and each not in public_holidays(country, each.year))


def _after(day: date, count: int, counts: Callable[[date], bool]) -> date:
    while count:
        day += timedelta(days=1)
        count -= counts(day)
    return day
