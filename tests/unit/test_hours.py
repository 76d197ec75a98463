"""Calling hours and frequency in the person's zone: law's vectors at their boundaries."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.policy.hours import person_zones, zones_of_number
from bot.policy.permission_types import Permission
from storage.records import Capacity, Party
from tests.harness.law import DAY, NOON, ask, no, person, professional, yes

PARIS = ZoneInfo("Europe/Paris")
SAID = [yes("phone", NOON - DAY)]


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def call(at: datetime, party: Party | None = None, **known: object) -> Permission:
    return ask(party or person(), "phone", at=at, states=[yes("phone", at - DAY)], **known)


@pytest.mark.parametrize(("local", "allowed"), [
    ("2026-11-24T09:59:59", False), ("2026-11-24T10:00:00", True), ("2026-11-24T12:59:59", True),
    ("2026-11-24T13:00:00", False), ("2026-11-24T13:59:59", False), ("2026-11-24T14:00:00", True),
    ("2026-11-24T19:59:59", True), ("2026-11-24T20:00:00", False), ("2026-11-28T11:00:00", False),  # a Saturday
    ("2026-11-29T11:00:00", False), ("2026-11-11T11:00:00", False),  # the Armistice, a Wednesday
    ("2026-12-25T11:00:00", False), ("2027-01-01T11:00:00", False), ("2027-03-29T11:00:00", False),  # Easter Monday
])
def test_calls_on_weekdays_within_the_hours(local: str, allowed: bool) -> None:
    answer = call(paris(local))
    assert answer.allowed is allowed
    assert answer.reason == ("consent" if allowed else "hours")
    assert answer.regime == ("FR-10" if allowed else "FR-13")


@pytest.mark.parametrize(("local", "opens"), [
    ("2026-11-24T09:00:00", "2026-11-24T10:00:00"), ("2026-11-24T13:00:00", "2026-11-24T14:00:00"),
    ("2026-11-27T20:00:00", "2026-11-30T10:00:00"),  # Friday evening, Monday morning
    ("2026-12-24T20:00:00", "2026-12-28T10:00:00"),  # Christmas is a Friday
])
def test_a_refusal_says_when_the_next_moment_is(local: str, opens: str) -> None:
    assert call(paris(local)).until == paris(opens)


def test_an_allowed_call_says_when_the_window_closes() -> None:
    assert call(paris("2026-11-24T10:30:00")).until == paris("2026-11-24T13:00:00")


@pytest.mark.parametrize(("region", "local", "allowed"), [
    ("67", "2027-03-26T11:00:00", False), ("75", "2027-03-26T11:00:00", True),  # Good Friday
    ("57", "2028-12-26T11:00:00", False), ("75", "2028-12-26T11:00:00", True),  # Saint Stephen's
    (None, "2027-03-26T15:30:00", False),  # it may be Alsace: closed
])
def test_alsace_and_moselle_have_two_more_holidays(region: str | None, local: str, allowed: bool) -> None:
    answer = call(paris(local), person(region=region), zones=("Europe/Paris",))
    assert answer.allowed is allowed


@pytest.mark.parametrize(("party", "utc", "allowed"), [
    (person(region="974"), "2026-11-24T06:00:00", True),  # 10:00 in Saint-Denis (UTC+4)
    (person(region="974"), "2026-11-24T05:59:00", False), (person(region="974"), "2026-11-24T16:00:00", False),
    (person("RE"), "2026-11-24T15:59:00", True), (person(region="971"), "2026-11-24T14:00:00", True),  # 10:00, UTC-4
    (person(region="971"), "2026-11-24T13:59:00", False), (person("GP"), "2026-11-24T23:59:00", True),
    (person(region="974"), "2027-12-20T07:00:00", False),  # the abolition of slavery, in La Réunion alone
    (person(region="75", time_zone="Indian/Reunion"), "2026-11-24T06:00:00", True),
])
def test_the_persons_time_counts_overseas(party: Party, utc: str, allowed: bool) -> None:
    assert call(datetime.fromisoformat(utc).replace(tzinfo=UTC), party).allowed is allowed


def test_who_may_be_anywhere_in_france_is_called_only_when_it_is_allowed_everywhere() -> None:
    anywhere = person(region=None)
    assert len(person_zones(anywhere)) == 6
    assert call(paris("2026-11-24T11:00:00"), anywhere).reason == "hours", "it is 6:00 in Guadeloupe"
    assert call(paris("2026-11-24T16:00:00"), anywhere).allowed
    assert call(paris("2026-11-24T18:00:00"), anywhere).reason == "hours", "it is 21:00 in La Réunion"
    assert call(paris("2026-11-24T11:00:00"), anywhere).until == paris("2026-11-24T15:00:00")
    number = zones_of_number("+33612345678")
    assert number == ("Europe/Paris",)
    assert call(paris("2026-11-24T11:00:00"), anywhere, zones=number).allowed


def test_an_unknown_or_false_zone_is_refused() -> None:
    assert call(NOON, person(time_zone="Mars/Olympus")).reason == "zone_unknown"
    assert call(NOON, person(time_zone="../etc/passwd")).reason == "zone_unknown"
    assert call(NOON, person(time_zone="Mars/Olympus"), calls=[NOON] * 9).reason == "zone_unknown"
    assert zones_of_number("not a number") == ()
    assert zones_of_number("+262639123456") == (), "the prefix tells nothing"


def test_four_calls_or_attempts_in_thirty_rolling_calendar_days() -> None:
    first = paris("2026-11-02T11:00:00")
    calls = [first + timedelta(hours=hour) for hour in range(3)]
    assert call(paris("2026-11-24T11:00:00"), calls=calls).allowed
    four = [*calls, paris("2026-11-23T11:00:00")]
    refused = call(paris("2026-11-24T11:00:00"), calls=four)
    assert (refused.reason, refused.regime, refused.until) == ("frequency", "FR-13", paris("2026-12-02T10:00:00"))
    assert call(paris("2026-12-01T19:59:00"), calls=four).reason == "frequency", "2 November is still one of 30 days"
    assert call(paris("2026-12-02T10:00:00"), calls=four).allowed


def test_a_professional_has_no_calling_hours_and_a_no_needs_none() -> None:
    assert ask(professional(), "phone", at=paris("2026-11-28T23:00:00"), states=[yes("phone")]).allowed
    assert ask(person(), "phone", at=paris("2026-11-28T23:00:00"), states=[no()]).reason == "withdrawn"


@pytest.mark.parametrize(("local", "allowed"), [
    ("2026-11-28T10:00:00", True), ("2026-11-28T09:59:00", False), ("2026-11-28T20:00:00", False),
    ("2026-11-29T11:00:00", False), ("2026-11-11T11:00:00", False),
])
def test_texts_by_the_charter_monday_to_saturday(local: str, allowed: bool) -> None:
    at = paris(local)
    assert ask(person(), "sms", at=at, states=[yes("sms", at - DAY)]).allowed is allowed


@pytest.mark.parametrize(("zone", "utc", "allowed"), [
    ("America/New_York", "2026-11-24T13:00:00", True), ("America/New_York", "2026-11-24T12:59:00", False),
    ("America/New_York", "2026-11-25T01:59:00", True), ("America/New_York", "2026-11-25T02:00:00", False),
    ("Pacific/Honolulu", "2026-11-24T13:00:00", False), ("Pacific/Honolulu", "2026-11-24T18:00:00", True),
    (None, "2026-11-24T17:00:00", False),  # 8:00 nowhere in Hawaii yet
    (None, "2026-11-24T18:30:00", True), ("America/New_York", "2026-11-26T15:00:00", True),  # Thanksgiving: no rule
])
def test_american_hours_are_the_called_partys(zone: str | None, utc: str, allowed: bool) -> None:
    party = Party("p", Capacity.CONSUMER, country="US", time_zone=zone)
    at = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert ask(party, "sms", at=at, states=[yes("sms", at - DAY)]).allowed is allowed
    assert ask(party, "phone", at=at, registers={"DNC": at - DAY}).allowed is allowed


def test_a_window_survives_the_change_of_clocks() -> None:
    monday = paris("2027-03-30T10:00:00")  # summer time since Sunday: 8:00 UTC
    assert monday.hour == 8
    assert call(monday).allowed
    assert not call(monday - timedelta(minutes=1)).allowed
