"""Legal clocks: vectors computed by hand from the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.policy.deadlines import business_days_after, due, working_days_after
from bot.policy.permission_types import Means, PurposeFacts, Sector
from bot.policy.withdrawals import honour_by
from storage.records import Relation
from tests.harness.law import ask, operator, person


@pytest.mark.parametrize(("received", "one", "three"), [
    ("2026-01-31", "2026-03-02", "2026-04-30"),
    ("2026-03-05", "2026-04-07", "2026-06-05"),
    ("2026-04-14", "2026-05-15", "2026-07-15"),
    ("2026-08-31", "2026-09-30", "2026-11-30"),
    ("2026-10-01", "2026-11-02", "2027-01-04"),
    ("2026-11-23", "2026-12-23", "2027-02-23"),
    ("2026-11-25", "2026-12-28", "2027-02-25"),
    ("2027-01-30", "2027-03-01", "2027-04-30"),
    ("2028-01-31", "2028-02-29", "2028-05-02"),
])
def test_months_end_on_a_working_day(received: str, one: str, three: str) -> None:
    assert due(date.fromisoformat(received), 1, "FR") == date.fromisoformat(one)
    assert due(date.fromisoformat(received), 3, "FR") == date.fromisoformat(three)


@pytest.mark.parametrize(("asked", "region", "last"), [
    ("2026-11-09", None, "2026-11-16"), ("2026-11-20", None, "2026-11-26"), ("2026-12-23", None, "2026-12-30"),
    ("2026-12-23", "67", "2026-12-31"), ("2026-12-23", "75", "2026-12-30"),
    ("2027-03-24", None, "2027-03-31"),  # Easter Monday is 29 March
    ("2027-03-24", "57", "2027-04-01"),  # and Good Friday the 26th
])
def test_a_call_back_is_within_five_jours_ouvrables(asked: str, region: str | None, last: str) -> None:
    assert working_days_after(date.fromisoformat(asked), 5, region) == date.fromisoformat(last)


def test_a_call_back_after_the_fifth_day_is_banned_again() -> None:
    """Asked on Monday 9 November 2026: Monday the 16th is the last day; Tuesday morning is too late."""
    by = operator(PurposeFacts(call_back=True), sectors=frozenset({Sector.ENERGY_RENOVATION}))
    relation = Relation("p", asked_at=datetime(2026, 11, 9, 9, tzinfo=UTC))
    last = ask(person(), "phone", at=datetime(2026, 11, 16, 18, 59, tzinfo=UTC), relation=relation, by=by)
    assert (last.allowed, last.reason) == (True, "call_back")
    late = ask(person(), "phone", at=datetime(2026, 11, 17, 10, tzinfo=UTC), relation=relation, by=by)
    assert (late.allowed, late.reason) == (False, "banned")


@pytest.mark.parametrize(("received", "country", "last"), [
    ("2026-11-23", "US", "2026-12-08"),  # Thanksgiving is out
    ("2026-06-18", "US", "2026-07-06"),  # Juneteenth; Independence Day is observed on 3 July
    ("2026-11-23", "CA", "2026-12-07"),
])
def test_ten_business_days(received: str, country: str, last: str) -> None:
    assert business_days_after(date.fromisoformat(received), 10, country) == date.fromisoformat(last)


def test_a_no_is_carried_out_within_the_shortest_window() -> None:
    received = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert honour_by(received, "FR", Means.PHONE) == (received, "EU-W1")
    assert honour_by(received, "PL", Means.EMAIL) == (received, "EU-W1")
    assert honour_by(received, "US", Means.SMS) == (datetime(2026, 12, 9, 4, 59, 59, tzinfo=UTC), "US-W1")
    assert honour_by(received, "US", Means.EMAIL) == (received + timedelta(hours=48), "MAIL-W1")
    assert honour_by(received, "CA", Means.SMS)[1] == "CA-W1"
    assert honour_by(received, "ZZ", Means.SMS) == (received, "at-once")
