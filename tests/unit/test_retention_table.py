"""The retention table: whole, in the page that shows it, and its durations by the calendar."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.calendar import longer, shifted
from bot.policy.retention import proof_row, rows
from bot.retention import KINDS

DOC = (Path(__file__).parents[2] / "docs" / "retention.md").read_text("utf-8")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_row_can_be_carried_out_and_is_in_the_page() -> None:
    carried_out = {row.id for row in rows() if row.does not in ("audit", "keep", "you", "proof")}
    assert carried_out == set(KINDS)
    for row in rows():
        assert f"| `{row.id}` | {row.en} | {row.duration}" in DOC
        assert row.citation in DOC
        assert not row.least or not longer(row.least, row.duration)
        assert row.fr != row.en


def test_the_suppression_list_and_the_proof_of_calls_have_a_lawful_minimum() -> None:
    least = {row.id: row.least for row in rows()}
    assert least["suppression"] == least["consent_proof_phone_fr"] == "P3Y"
    assert least["consent_proof_phone_de"] == "P5Y"


@pytest.mark.parametrize(("channel", "regime", "row"), [
    ("phone", "FR-10", "consent_proof_phone_fr"), ("phone", "DE-03*", "consent_proof_phone_de"),
    ("phone", "GDPR-5-1-e", "consent_proof"), ("email", "FR-01", "consent_proof"), ("all", "FR-10", "consent_proof")])
def test_which_row_keeps_a_proof(channel: str, regime: str, row: str) -> None:
    assert proof_row(channel, regime) == row


@pytest.mark.parametrize(("start", "duration", "end"), [
    ("2024-02-29", "P1Y", "2025-02-28"), ("2026-03-31", "P1M", "2026-04-30"), ("2026-01-31", "P1M", "2026-02-28"),
    ("2027-12-31", "P2M", "2028-02-29"), ("2026-11-15", "P14M", "2028-01-15"), ("2026-11-15", "P30D", "2026-12-15"),
    ("2026-10-29", "P4M", "2027-02-28")])
def test_durations_by_the_calendar(start: str, duration: str, end: str) -> None:
    assert shifted(at(start), duration) == at(end)


def test_durations_backwards() -> None:
    assert shifted(at("2026-03-31"), "P1M", -1) == at("2026-02-28")
    assert shifted(at("2026-01-15"), "P2M", -1) == at("2025-11-15")
    assert shifted(at("2028-02-29"), "P3Y", -1) == at("2025-02-28")


@pytest.mark.parametrize("wrong", ["P0D", "P3", "3Y", "P1Y6M", "P-1Y", "", "PT1H"])
def test_other_durations_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        shifted(at("2026-01-01"), wrong)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)), st.integers(1, 120))
def test_months_never_leave_their_month(moment: datetime, count: int) -> None:
    months = moment.year * 12 + moment.month + count
    moved = shifted(moment, f"P{count}M")
    assert moved.year * 12 + moved.month == months
    assert moved.day <= moment.day
