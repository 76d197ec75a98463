"""Hours and frequency of calls and texts, in the person's time zone (C. conso. D223-9; charters; 47 CFR 64.1200(c)(1)).

Who can be in several zones may be contacted only when it is allowed in all of them, and on no regional holiday of the
places where the person may be. A window's end is exclusive: at 13:00 sharp the law's window has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as number_zones

from bot.policy.deadlines import ALSACE_MOSELLE, public_holidays
from bot.policy.regime import Regime
from storage.records import Party

OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "YT": "976"}
"""French departments that have an ISO country code of their own, by it: French law applies there."""
REGION_ZONES = {"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne",
                "974": "Indian/Reunion", "976": "Indian/Mayotte"}
ZONE_REGIONS = {zone: region for region, zone in REGION_ZONES.items()}
COUNTRY_ZONES = {
    "FR": ("Europe/Paris", *REGION_ZONES.values()),
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
           "America/Anchorage", "America/Adak", "Pacific/Honolulu"),
}
"""Where somebody of that country may be when nothing more is known."""
SEARCH_DAYS = 60  # longer than any row of holidays


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The hours and frequency of one row, ready to be asked. Compared by identity, so that it is quick to look up."""

    row: Regime
    id: str

    @property
    def holidays_of(self) -> str:
        """The country whose public holidays are closed; "" when none are."""
        return self.row.country if self.row.parameters.holidays else ""


def person_zones(party: Party, of_number: Sequence[str] = ()) -> tuple[str, ...]:
    """Every zone in which the person may be: the one on file, the region's, the number's, or all of the country's."""
    if party.time_zone:
        return (party.time_zone,)
    region = OVERSEAS.get(party.country or "", party.region)
    if region in REGION_ZONES and party.country in ("FR", *OVERSEAS):
        return (REGION_ZONES[region],)
    if party.country == "FR" and region:
        return ("Europe/Paris",)
    return tuple(of_number) or COUNTRY_ZONES.get(party.country or "", ())


def zones_of_number(number: str) -> tuple[str, ...]:
    """The zones that an E.164 number's prefix allows; none when it tells nothing."""
    try:
        found = number_zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != "Etc/Unknown")


def open_until(schedule: Schedule, zones: Sequence[str], region: str | None, at: datetime) -> datetime | None:
    """When the window that holds `at` closes; None when it is closed in one of the zones, or no zone is known."""
    closes: datetime | None = None
    for zone in zones:
        end = next((end for start, end in _windows(schedule, zone, region, at.toordinal()) if start <= at < end), None)
        if end is None:
            return None
        closes = end if closes is None or end < closes else closes
    return closes


def next_open(schedule: Schedule, zones: Sequence[str], region: str | None, after: datetime) -> datetime | None:
    """The first moment from `after` on that is allowed in every zone; None when there is none within two months."""
    first = after.toordinal()
    for ordinal in range(first, first + SEARCH_DAYS):
        starts = {start for zone in zones for start, _ in _windows(schedule, zone, region, ordinal)}
        for moment in sorted({after, *starts} if ordinal == first else starts):
            if moment >= after and open_until(schedule, zones, region, moment) is not None:
                return moment
    return None


@lru_cache(maxsize=16384)
def _windows(schedule: Schedule, zone: str, region: str | None, ordinal: int) -> tuple[tuple[datetime, datetime], ...]:
    """The open windows around one UTC day, as UTC: local days one before to one after. None for an unknown zone."""
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ()
    days = [date.fromordinal(ordinal + shift) for shift in (-1, 0, 1)]
    return tuple((_moment(day, start, local), _moment(day, end, local))
                 for day in days if _open_day(schedule, zone, region, day)
                 for start, end in schedule.row.parameters.windows)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _open_day(schedule: Schedule, zone: str, region: str | None, day: date) -> bool:
    if day.weekday() not in schedule.row.parameters.weekdays:
        return False
    country = schedule.holidays_of
    return not country or day not in _closed(country, zone, region, day.year)


@lru_cache(maxsize=1024)
def _closed(country: str, zone: str, region: str | None, year: int) -> frozenset[date]:
    """Public holidays with those of every place where the person may be; metropolitan without a region: Alsace too."""
    if country != "FR":
        return public_holidays(country, year)
    places = {place for place in (region, ZONE_REGIONS.get(zone)) if place in REGION_ZONES}
    if region in (*ALSACE_MOSELLE, "GES") or (region is None and zone not in ZONE_REGIONS):
        places.add("57")
    return public_holidays("FR", year).union(*(public_holidays("FR", year, place) for place in places))


def zone_known(zones: Iterable[str]) -> bool:
    """Whether the person's zones are known and real."""
    names = tuple(zones)
    return bool(names) and all(map(_exists, names))


@lru_cache(maxsize=1024)
def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def free_from(schedule: Schedule, zones: Sequence[str], calls: Sequence[datetime], at: datetime) -> datetime:
    """`at`, or the first moment at which one more attempt is within the limit of the rolling calendar days."""
    most, days = schedule.row.parameters.max_attempts, schedule.row.parameters.within_days
    if most is None or days is None or len(calls) < most:
        return at
    return max(_free_in(ZoneInfo(zone), most, days, calls, at) for zone in zones)


def _free_in(zone: ZoneInfo, most: int, days: int, calls: Sequence[datetime], at: datetime) -> datetime:
    """Today counts as one of the days; a call of the future counts as made: the limit is never exceeded."""
    today = at.astimezone(zone).date()
    made = sorted(call.astimezone(zone).date() for call in calls)
    counted = [day for day in made if day > today - timedelta(days=days)]
    if len(counted) < most:
        return at
    oldest = counted[len(counted) - most]
    return datetime.combine(oldest + timedelta(days=days), time(), zone).astimezone(UTC)
