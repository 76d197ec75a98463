"""Regulation 1182/71, article 3: French vectors, computed by hand from the calendar."""

from datetime import date

import pytest

from bot.policy.deadlines import due


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
