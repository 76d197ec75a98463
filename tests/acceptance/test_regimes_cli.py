"""`consentry regimes`, as somebody asks it: with and without settings."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import OperatorError

LINE = ["regimes", "explain", "--country", "FR", "--channel", "phone", "--capacity", "consumer", "--on", "2026-11-23"]
SETTINGS = """
secret_file = "secret.key"
[controller]
name = "ACME"
contact = "dpo@acme.example"
[mail]
address = "privacy@acme.example"
[purposes]
offers = ["offers"]
"""
OVERRIDE = """
[regimes]
sectors = ["press"]
[regimes.switches]
year = "calendar"
[regimes.overrides.FR-10]
parameters = { life_days = 180 }
reason = "we promise to ask again every half year"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def said(line: list[str]) -> str:
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.exception
    return result.output


def refused(line: list[str]) -> str:
    result = CliRunner().invoke(app, line)
    assert isinstance(result.exception, OperatorError)
    return str(result.exception)


def settings(folder: Path, text: str = SETTINGS + OVERRIDE) -> None:
    (folder / "secret.key").write_bytes(b"k" * 32)
    (folder / "consentry.toml").write_text(text, "utf-8")


def test_the_rule_with_its_citation_and_without_settings() -> None:
    told = said(LINE)
    for words in ("FR-10", "opt_in: prior consent", "from 2026-08-11", "365 days at most", "R223-1 to R223-3",
                  "S: the text was read", "FR-13", "10:00-13:00 and 14:00-20:00", "4 calls or attempts", "R223-1 I 5°"):
        assert words in told


def test_the_day_before_it_was_another_rule() -> None:
    told = json.loads(said([*LINE[:-1], "2026-08-10", "--json"]))
    assert (told["answer"]["id"], told["answer"]["rule"], told["answer"]["to"]) == ("FR-09", "register", "2026-08-11")
    assert [row["id"] for row in told["schedules"]] == ["FR-09H"]
    assert told["consent_form"] is None


def test_a_customer_and_a_banned_sector() -> None:
    assert json.loads(said([*LINE, "--customer", "--json"]))["answer"]["id"] == "FR-11"
    banned = json.loads(said([*LINE, "--sector", "energy_renovation", "--json"]))["answer"]
    assert (banned["id"], banned["rule"]) == ("FR-15", "banned")
    assert list(banned["lifted_by"]) == ["contract_in_progress", "call_back"]
    assert "unless" in said([*LINE, "--sector", "energy_renovation"])


def test_the_operators_own_reading_is_shown_with_its_reason(tmp_path: Path) -> None:
    settings(tmp_path)
    told = said(LINE)
    assert "FR-10*" in told
    assert "a consent lives 180 days at most" in told
    assert "we promise to ask again every half year" in told
    assert "year = calendar" in told
    assert "FR-12" in told, "the controller is of the press"
    answer = json.loads(said([*LINE, "--json"]))["answer"]
    assert answer["override"] == "we promise to ask again every half year"


def test_a_country_without_rows_and_one_of_the_union() -> None:
    strict = json.loads(said(["regimes", "explain", "--country", "ZZ", "--channel", "email", "--json"]))
    assert strict["answer"]["id"] == "strict-opt-in"
    assert json.loads(said(["regimes", "explain", "--country", "PL", "--channel", "email", "--json"]))["answer"][
        "id"] == "EU-01"
    british = json.loads(said(["regimes", "explain", "--country", "uk", "--channel", "email", "--json"]))
    assert british["answer"]["id"] == "UK-01"


def test_every_row_is_listed() -> None:
    told = said(["regimes", "list", "--country", "FR"])
    assert "FR-21" in told
    assert "DE-01" not in told
    rows = json.loads(said(["regimes", "list", "--json"]))
    assert {"FR-01", "DE-01", "UK-01", "CA-05"} <= {row["id"] for row in rows}
    assert "There are rows for" in refused(["regimes", "list", "--country", "ZZ"])


@pytest.mark.parametrize(("line", "words"), [
    (["--channel", "fax"], "--channel is one of"),
    (["--channel", "sms", "--capacity", "king"], "--capacity is one of"),
    (["--channel", "sms", "--on", "tomorrow"], "--on is a date"),
    (["--channel", "sms", "--sector", "x"], "--sector is"),
    (["--channel", "sms", "--country", "France"], "two letters"), (["--channel", "sms", "-c", "none.toml"], "init"),
    ([], "--channel is one of"),
])
def test_a_wrong_word_is_said_in_a_sentence(line: list[str], words: str) -> None:
    assert words in refused(["regimes", "explain", *line])


@pytest.mark.parametrize(("change", "words"), [
    (("overrides.FR-10", "overrides.FR-99"), "no row FR-99"), (("life_days = 180", "life_days = 0"), "life_days"),
    (("[regimes.switches]", "[regimes.purposes.news]\nown = true\n[regimes.switches]"), "not a purpose"),
    (('reason = "we promise to ask again every half year"', ""), "reason is missing"),
    (('"calendar"', '"moon"'), "switches.year"),
])
def test_a_mistake_in_the_settings_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    settings(tmp_path, (SETTINGS + OVERRIDE).replace(*change))
    assert words in refused(LINE)
