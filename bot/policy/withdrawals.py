"""Within which time a no must be carried out, by law or by a platform's contract: the shortest that applies.

Consentry does it in the transaction that reads the message; this is for reports, and for systems that are told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.policy.books import EU
from bot.policy.deadlines import business_days_after, zone_of
from bot.policy.load import withdrawals
from bot.policy.permission_types import Means
from bot.policy.regime import Withdrawal


def honour_by(received_at: datetime, country: str, means: Means) -> tuple[datetime, str]:
    """The last instant for carrying out a no, UTC, and the id of the row; at once, by our own rule, when none is known.

    `country`: the person's. Business days are counted from the day after receipt, in the country's zone.
    """
    rows = (row for row in withdrawals() if means in row.means and _applies(row, country)
            and row.since <= received_at.date())
    return min(((_ends(row, received_at, country), row.id) for row in rows), default=(received_at, "at-once"))


def _applies(row: Withdrawal, country: str) -> bool:
    return row.country in _places(country)


def _places(country: str) -> Iterable[str]:
    return ("", country, "EU") if country in EU else ("", country)


def _ends(row: Withdrawal, received_at: datetime, country: str) -> datetime:
    if row.business_days is not None:
        zone = ZoneInfo(zone_of(country))
        last = business_days_after(received_at.astimezone(zone).date(), row.business_days, country)
        return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
    return received_at if row.at_once else received_at + timedelta(hours=row.hours or 0)
