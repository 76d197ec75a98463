"""The legal clock of a rights request: one calendar month by Regulation (EEC, Euratom) 1182/71, article 3."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

ZONES = {"FR": "Europe/Paris", "BE": "Europe/Brussels", "DE": "Europe/Berlin", "ES": "Europe/Madrid",
         "IT": "Europe/Rome", "NL": "Europe/Amsterdam", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon"}


def due(received: date, months: int, country: str) -> date:
    """The last day to answer: same date `months` later, else the month's last day, else the next working day.

    Holidays are those of the controller's country (1182/71, articles 2(1) and 3(4)).
    """
    month = received.month - 1 + months
    year, month = received.year + month // 12, month % 12 + 1
    day = date(year, month, min(received.day, calendar.monthrange(year, month)[1]))
    while day.weekday() >= 5 or day in _holidays(country, day.year):
        day += timedelta(days=1)
    return day


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def due_at(received_at: datetime, months: int, country: str) -> datetime:
    """The last instant of the last day in the controller's zone, as UTC."""
    zone = ZoneInfo(ZONES.get(country, "UTC"))
    last = due(received_at.astimezone(zone).date(), months, country)
    return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
