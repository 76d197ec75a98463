"""Old contacts judged, shown, written and kept, by somebody at the command line, on SQLite and PostgreSQL."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from bot.bootstrap import open_storage
from bot.cli import app
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.settings import load
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    ConsentStatus,
    Handle,
    Notice,
    Party,
    Pile,
    Relation,
    Source,
)
from storage.store import Store
from tests.contract.conftest import emptied, event
from tests.harness.claims import add, claim

NOW = system_clock()
RECENT = NOW - timedelta(days=200)
FORM = Notice("f" * 64, "form", "1", "fr", "Recevoir la lettre ?", NOW)
TOML = """\
secret = "{secret}"
[controller]
name = "Shop & Sons"
contact = "c"
[mail]
address = "privacy@shop.example"
[storage]
url = "{url}"
[purposes]
newsletter = ["newsletter"]
[regimes.purposes.newsletter]
analogous = true
own = true
related_to_profession = true
"""


@dataclass
class Desk:
    """Settings, the store they name, and a folder to write to."""

    config: Path
    store: Store

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [words[0], "-c", str(self.config), *words[1:]])

    def piles(self, party: str) -> dict[str, tuple[Pile, str]]:
        with self.store.reader() as uow:
            return {f"{each.purpose} {each.channel}": (each.pile, each.reasons[0]) for each in uow.audits.of(party)}


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/s.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    emptied(url).close()
    config = tmp_path / "consentry.toml"
    config.write_text(TOML.format(secret="s" * 32, url=url), "utf-8")
    store = open_storage(load(config))
    fill(store)
    yield Desk(config, store)
    store.close()


def fill(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.notices.add(FORM)
        uow.commit()
    person = Relation("x", Source.PERSON, RECENT)
    files = {
        "proven": (person, claim("proven", at=RECENT, method="box", notice=FORM.id, proof="form 12")),
        "flag": (person, claim("flag")),
        "no": (person, claim("no", claimed=ConsentStatus.WITHDRAWN)),
        "customer": (replace(person, at_sale=True, refusal_offered=True), claim("customer", at=RECENT)),
        "old": (replace(person, collected_at=NOW - timedelta(days=2000)), claim("old", "=cmd|' /C calc'!A0")),
        "bought": (replace(person, source=Source.THIRD_PARTY), claim("bought", at=RECENT, method="box")),
    }
    for name, (known, told) in files.items():
        add(store, Party(name, Capacity.CONSUMER, country="FR"), [Handle(ChannelKind.EMAIL, f"{name}@people.example")],
            replace(known, party_id=name), [told])
    add(store, Party("work", Capacity.PROFESSIONAL, "ACME", country="DE"),
        [Handle(ChannelKind.EMAIL, "work@acme.example")], replace(person, party_id="work"), [claim("work")])


EXPECTED = {"proven": (Pile.KEEP, "proven"), "flag": (Pile.SUPPRESS, "flag-only"),
            "no": (Pile.SUPPRESS, "file-says-no"), "customer": (Pile.ASK, "soft-opt-in"),
            "bought": (Pile.DELETE, "bought"), "work": (Pile.SUPPRESS, "b2b-opt-in")}


def test_an_audit_is_shown_and_kept(desk: Desk) -> None:
    shown = desk.run("audit", "--language", "en")
    assert shown.exit_code == 0, shown.exception
    assert "7 claims of 7 parties judged: kept." in shown.output
    assert "flag-only: Nothing but a flag" in shown.output
    assert "example" not in shown.output.replace("for example", ""), "no address is shown"
    for name, expected in EXPECTED.items():
        assert desk.piles(name) == {"newsletter email": expected}
    assert list(desk.piles("old").values()) == [(Pile.DELETE, "silent-too-long")]


def test_a_dry_run_and_another_day_keep_nothing(desk: Desk) -> None:
    for words in (("--dry-run",), ("--on", "2031-01-01"), ("--on", "2020-01-01", "--json")):
        assert desk.run("audit", *words).exit_code == 0
        assert desk.piles("proven") == {}
    later = json.loads(desk.run("audit", "--on", "2031-01-01", "--json").output)
    assert (later["kept"], later["piles"]["delete"]) == (False, 6), "the no stays a no"
    wrong = desk.run("audit", "--on", "tomorrow")
    assert isinstance(wrong.exception, OperatorError)


def test_the_next_audit_writes_what_changed_and_forgets_what_is_gone(desk: Desk) -> None:
    desk.run("audit")
    with desk.store.unit_of_work() as uow:
        uow.audits.put([replace(uow.audits.of("work")[0], purpose="offers")])  # of a claim that is there no more
        uow.commit()
    with desk.store.reader() as uow:
        before = {each.party_id: each.at for name in EXPECTED for each in uow.audits.of(name)}
    with desk.store.unit_of_work() as uow:
        uow.suppression.add(Handle(ChannelKind.EMAIL, "proven@people.example"), "stop", NOW, channel=ALL, purpose=ALL)
        uow.ledger.append(event(ConsentStatus.WITHDRAWN, "customer", "newsletter", "email", system_clock()))
        uow.commit()
    with desk.store.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM evidence WHERE party_id = 'flag'")
    desk.run("audit")
    assert desk.piles("proven") == {"newsletter email": (Pile.SUPPRESS, "objected")}
    assert desk.piles("customer") == {"newsletter email": (Pile.SUPPRESS, "objected")}
    assert desk.piles("flag") == {"newsletter email": (Pile.SUPPRESS, "nothing-known")}
    with desk.store.reader() as uow:
        after = {each.party_id: each.at for name in EXPECTED for each in uow.audits.of(name)}
    assert {name for name in after if after[name] == before[name]} == {"no", "bought", "work", "flag"}, (
        "since when it is in its pile")
    assert list(desk.piles("work")) == ["newsletter email"]


def test_a_part_is_judged_and_the_rest_is_left(desk: Desk) -> None:
    desk.run("audit")
    with desk.store.unit_of_work() as uow:
        for name in ("flag", "work"):
            uow.audits.put([replace(uow.audits.of(name)[0], pile=Pile.KEEP)])
        uow.commit()
    only = json.loads(desk.run("audit", "--capacity", "professional", "--channel", "email", "--json").output)
    assert only["claims"] == 1
    assert desk.piles("work")["newsletter email"][0] is Pile.SUPPRESS
    assert desk.piles("flag")["newsletter email"][0] is Pile.KEEP
    assert json.loads(desk.run("audit", "--purpose", "offers", "--json").output)["claims"] == 0
    assert desk.piles("proven"), "what is out of scope stays"


def test_the_csv_has_a_line_for_each_claim_and_no_formula(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert desk.run("audit", "--csv", str(path), "--dry-run").exit_code == 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["party"]: row for row in csv.DictReader(file)}
    day = RECENT.astimezone(ZoneInfo("Europe/Paris")).date().isoformat()
    assert rows["flag"] == {"party": "flag", "capacity": "consumer", "country": "FR", "purpose": "newsletter",
                            "channel": "email", "pile": "suppress", "last_contact": day,
                            "reasons": "flag-only method-unknown wording-unknown no-date no-proof ask-by-post"}
    assert rows["old"]["purpose"].startswith("'=")
    assert len(rows) == 7
    assert "people.example" not in path.read_text("utf-8-sig")
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []
    nowhere = desk.run("audit", "--csv", str(tmp_path / "none" / "a.csv"))
    assert isinstance(nowhere.exception, OperatorError)
    assert desk.piles("flag") == {}, "nothing was judged that could not be written"


class Page(HTMLParser):
    """What a reader and a browser need to find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize(("language", "words"), [
    ("fr", ("Garder", "Shop &amp; Sons", "Seulement une case", "14\u00a0%")),
    ("en", ("Suppress", "Nothing but a flag", "14%"))])
def test_the_page_is_whole_in_itself_and_can_be_read_aloud(desk: Desk, tmp_path: Path, language: str,
                                                           words: tuple[str, ...]) -> None:
    path = tmp_path / "a.html"
    assert desk.run("audit", "--html", str(path), "--language", language, "--dry-run").exit_code == 0
    text = path.read_text("utf-8")
    for each in words:
        assert each in text
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe"}
    assert not re.search(r"https?:|url\(", text), "nothing is loaded"
    charts = [attributes for tag, attributes in page.tags if tag == "svg" and attributes.get("role") == "img"]
    assert charts
    assert all(each["aria-label"] for each in charts)
    assert dict(page.tags)["html"] == {"lang": language}
    headers = [attributes for tag, attributes in page.tags if tag == "th" and "aria-hidden" not in attributes]
    assert all(each.get("scope") in ("col", "row") for each in headers)
    assert "people.example" not in text


def test_the_page_escapes_what_a_file_said(desk: Desk, tmp_path: Path) -> None:
    hostile = claim("flag", "<script>alert(1)</script>")
    add(desk.store, Party("evil", Capacity.CONSUMER), [Handle(ChannelKind.EMAIL, "e@x.example")], None,
        [replace(hostile, party_id="evil")])
    desk.run("audit", "--html", str(tmp_path / "a.html"))
    assert "<script" not in (tmp_path / "a.html").read_text("utf-8").lower()


def test_a_store_with_nobody_in_it_is_no_error(tmp_path: Path) -> None:
    config = tmp_path / "consentry.toml"
    config.write_text(TOML.format(secret="s" * 32, url=f"sqlite:///{tmp_path}/e.sqlite3"), "utf-8")
    empty = CliRunner().invoke(app, ["audit", "-c", str(config), "--html", str(tmp_path / "a.html")])
    assert "0 claims of 0 parties" in empty.output
    assert "0\u00a0%" in (tmp_path / "a.html").read_text("utf-8")
    none = CliRunner().invoke(app, ["audit", "-c", str(config), "--language", "de"])
    assert isinstance(none.exception, OperatorError)
