"""When a consent ends: the French telephone's year, what was agreed to, and in which order reasons count."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.policy.expiry import Validity, ends, proof_kept_until, validity
from bot.policy.permission_types import Switches
from tests.harness.law import DAY, NOON, ask, operator, person, yes

STRICT, CALENDAR = Switches(), Switches(year="calendar")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("collected", "strict", "calendar"), [
    ("2026-11-23T10:00", "2027-11-23T10:00", "2027-11-23T10:00"),
    ("2027-03-01T10:00", "2028-02-29T10:00", "2028-03-01T10:00"),
    ("2028-02-29T10:00", "2029-02-28T10:00", "2029-02-28T10:00"),
    ("2027-02-28T10:00", "2028-02-28T10:00", "2028-02-28T10:00"),
])
def test_a_year_is_365_days_unless_the_operator_says_calendar(collected: str, strict: str, calendar: str) -> None:
    assert ends(at(collected), None, 365, STRICT) == at(strict)
    assert ends(at(collected), None, 365, CALENDAR) == at(calendar)


def test_the_agreed_period_counts_when_it_is_shorter() -> None:
    assert ends(NOON, NOON + 90 * DAY, 365, STRICT) == NOON + 90 * DAY
    assert ends(NOON, NOON + 900 * DAY, 365, STRICT) == NOON + 365 * DAY
    assert ends(NOON, None, None, STRICT) is None
    assert ends(NOON, NOON + DAY, None, STRICT) == NOON + DAY


def test_revocation_then_missing_proof_then_age() -> None:
    old = NOON - 400 * DAY
    assert validity(NOON, old, revoked=True) is Validity.REVOKED
    assert validity(NOON, None, revoked=True) is Validity.REVOKED
    assert validity(NOON, None) is Validity.MISSING_PROOF
    assert validity(NOON, NOON + DAY, stated_end=NOON - DAY) is Validity.MISSING_PROOF
    assert validity(NOON, old) is Validity.EXPIRED
    assert validity(NOON, NOON - 365 * DAY) is Validity.EXPIRED
    assert validity(NOON, NOON - 365 * DAY + timedelta(seconds=1)) is Validity.VALID


def test_the_proof_is_kept_three_calendar_years() -> None:
    assert proof_kept_until(at("2026-11-23T10:00"), 3) == at("2029-11-23T10:00")
    assert proof_kept_until(at("2028-02-29T10:00"), 3) == at("2031-02-28T10:00")


def test_a_call_is_refused_from_the_first_instant_after_the_year() -> None:
    collected = at("2027-03-01T10:00")
    said = [yes("phone", collected)]
    last = ask(person(), "phone", at=at("2028-02-29T09:59"), states=said)
    assert (last.allowed, last.until) == (True, at("2028-02-29T10:00"))
    assert ask(person(), "phone", at=at("2028-02-29T10:00"), states=said).reason == "consent_expired"
    calendar = operator(switches=CALENDAR)
    assert ask(person(), "phone", at=at("2028-02-29T10:00"), states=said, by=calendar).allowed
    assert ask(person(), "phone", at=at("2028-03-01T10:00"), states=said, by=calendar).reason == "consent_expired"


def test_a_consent_of_the_future_is_no_proof() -> None:
    assert ask(person(), states=[yes(since=NOON + DAY)]).reason == "proof_missing"
