"""Contacts from files: what is taken in, what is refused with its line, what no file can do."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from storage.records import ALL, Capacity, ChannelKind, ConsentStatus, Handle
from storage.verify import verify_ledger
from tests.harness.files import COLUMNS, MAPPING, Desk, xlsx

ANNA = Handle(ChannelKind.EMAIL, "anna@example.org")
KEY = ("newsletter", "email")
PROVEN = "anna@example.org,06 12 34 56 78,fr,1,03/02/2024,box,form 7"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def status(desk: Desk, key: tuple[str, str] = KEY) -> ConsentStatus:
    (_, states), = desk.of(ANNA)
    return states[key].status


def test_a_whole_import_rehearsed_then_written(desk: Desk) -> None:
    path = desk.csv(PROVEN, "bert@example.org,,,0,,,", "ANNA@example.org,,en,,,,", "nobody,,,1,,,")
    shown = desk.run("import", "contacts", str(path), "-m", str(desk.mapping), "--dry-run").output
    assert "2  new" in shown
    assert "1  merged" in shown
    assert "nothing is written" in shown
    assert desk.of(ANNA) == []
    report = desk.contacts(path)
    assert (report["new"], report["merged"], report["refused"]) == (2, 1, 1)
    (party, states), = desk.of(ANNA)
    assert (party.language, party.capacity) == ("en", Capacity.CONSUMER)
    assert states[KEY].status is ConsentStatus.GIVEN
    assert states[KEY].since == datetime(2024, 2, 2, 23, tzinfo=UTC), "midnight in Paris"
    with (desk.folder / "c.csv.rejects.csv").open() as rejects:
        refused = list(csv.DictReader(rejects))
    assert [(each["line"], each["what"], each["email"]) for each in refused] == [("5", "refused", "nobody")]
    store = desk.store()
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).ok
        entry = uow.ledger.by_party(party.id)[0]
        assert (entry.event.tag, entry.event.provenance) == ("consent:import", "imported")
        assert entry.event.personal == {"handle": ANNA.value}
        words = uow.notices.get(entry.event.notice)
        assert words is not None
        assert words.text == "I would like to receive the newsletter."
        assert uow.suppression.find(Handle(ChannelKind.EMAIL, "bert@example.org"))[0]["purpose"] == "newsletter"
    store.close()


def test_a_person_is_asked_and_may_say_no(desk: Desk) -> None:
    path = desk.csv(PROVEN)
    result = desk.run("import", "contacts", str(path), "-m", str(desk.mapping))
    assert "Nothing was written" in result.output
    assert desk.of(ANNA) == []


@pytest.mark.parametrize("row", [
    "anna@example.org,,,1,,box,form 7", "anna@example.org,,,1,03/02/2024,pre_ticked,form 7",
    "anna@example.org,,,1,03/02/2024,bundled,form 7", "anna@example.org,,,1,03/02/2024,,form 7",
    "anna@example.org,,,1,03/02/2024,box,", "anna@example.org,,,1,31/02/2024,box,form 7",
    "anna@example.org,,,1,03/02/2190,box,form 7"])
def test_a_yes_without_its_whole_proof_is_not_one(desk: Desk, row: str) -> None:
    assert desk.contacts(desk.csv(row))["recorded_unknown"] == 1
    assert status(desk) is ConsentStatus.UNKNOWN


def test_a_yes_whose_words_nobody_knows_or_that_was_bought_is_not_one(desk: Desk) -> None:
    bought = MAPPING.replace("[columns]", 'always = { source = "third_party" }\n[columns]')
    unknown = MAPPING.replace("I would like to receive the newsletter.", "c" * 64)
    wide = MAPPING.replace('"newsletter"\nchannel', '"all"\nchannel')
    for number, text in enumerate((bought, unknown, wide)):
        desk.mapping.write_text(text)
        row = PROVEN.replace("anna", f"anna{number}").replace("06 12 34 56 78", "")
        assert desk.contacts(desk.csv(row, name=f"{number}.csv"))["recorded_unknown"] == 1


def test_a_consent_to_calls_ends_after_a_year_and_none_is_older_than_the_law(desk: Desk) -> None:
    desk.mapping.write_text(MAPPING.replace('channel = "email"', 'channel = "phone"'))
    desk.contacts(desk.csv(PROVEN.replace("03/02/2024", "10/08/2026"),
                           PROVEN.replace("anna", "bert").replace("03/02/2024", "12/08/2026")))
    assert status(desk, ("newsletter", "phone")) is ConsentStatus.UNKNOWN
    (_, states), = desk.of(Handle(ChannelKind.EMAIL, "bert@example.org"))
    state = states["newsletter", "phone"]
    assert state.status is ConsentStatus.GIVEN
    assert state.valid_until == datetime(2027, 8, 11, 22, tzinfo=UTC)


def test_who_said_no_comes_back_and_stays_blocked(desk: Desk) -> None:
    desk.contacts(desk.csv("anna@example.org,,,unsubscribed,03/02/2020,,"))
    report = desk.contacts(desk.csv(PROVEN, name="later.csv"), "--consents")
    assert (report["stay_blocked"], report["claims_blocked"]) == (1, 1)
    assert status(desk) is ConsentStatus.WITHDRAWN
    shown = desk.run("import", "contacts", str(desk.csv(PROVEN, "", name="again.csv")), "-m", str(desk.mapping),
                     "--dry-run", "--consents").output
    assert "These 1 came back and stay blocked" in shown


def test_who_was_erased_is_not_stored_again(desk: Desk) -> None:
    noes = desk.folder / "noes.txt"
    noes.write_text("anna@example.org\n")
    assert "1 more are suppressed" in desk.run("import", "suppressions", str(noes)).output
    report = desk.contacts(desk.csv(PROVEN))
    assert (report["blocked"], report["stay_blocked"], report.get("new")) == (1, 1, None)
    assert desk.of(ANNA) == []


def test_data_and_consent_are_different_verbs(desk: Desk) -> None:
    desk.contacts(desk.csv("anna@example.org,,fr,,,,"))
    report = desk.contacts(desk.csv(PROVEN.replace(",fr,", ",en,"), name="b.csv"))
    (party, states), = desk.of(ANNA)
    assert (party.language, states, report["claims_left"], report["updated"]) == ("en", {}, 1, 1)
    assert desk.contacts(desk.csv(PROVEN, name="b2.csv"), "--consents")["recorded_given"] == 1
    assert status(desk) is ConsentStatus.GIVEN
    desk.contacts(desk.csv("anna@example.org,,,0,,,", name="d.csv"))
    assert status(desk) is ConsentStatus.REFUSED, "a no needs no option"


def test_an_older_claim_changes_nothing(desk: Desk) -> None:
    desk.contacts(desk.csv(PROVEN))
    report = desk.contacts(desk.csv("anna@example.org,,,0,01/01/2020,,", PROVEN.replace("2024", "2023"), name="b.csv"),
                           "--consents")
    assert (report["claims_older"], report["claims_same"]) == (1, 1)
    assert status(desk) is ConsentStatus.GIVEN


def test_the_same_file_is_taken_in_once(desk: Desk) -> None:
    path = desk.csv(PROVEN)
    desk.contacts(path)
    assert "--again" in desk.fails("import", "contacts", str(path), "-m", str(desk.mapping), "--yes")
    report = desk.contacts(path, "--again")
    assert (report["unchanged"], report["claims_same"], report.get("recorded_given")) == (1, 1, None)
    store = desk.store()
    with store.reader() as uow:
        assert len(uow.ledger.entries()) == 1
    store.close()


def test_two_capacities_are_never_mixed(desk: Desk) -> None:
    pro = MAPPING.replace('capacity = "consumer"', 'capacity = "professional"').replace(
        "[columns]", '[columns]\norganisation = "company"')
    header = ",".join((*COLUMNS, "company"))
    desk.mapping.write_text(pro)
    desk.contacts(desk.csv("anna@example.org,,,,,,,Acme", header=header))
    desk.mapping.write_text(MAPPING)
    assert desk.contacts(desk.csv(PROVEN, name="b.csv"))["refused"] == 1
    told = (desk.folder / "b.csv.rejects.csv").read_text()
    assert "2,refused," in told
    assert "second file" in told
    assert "capacity professional" in told
    stated = MAPPING.replace('capacity = "consumer"\n', "").replace(
        "[columns]", '[columns]\norganisation = "company"\ncapacity = "kind"')
    desk.mapping.write_text(stated)
    report = desk.contacts(desk.csv(
        "anna@example.org,,,,,,,,b2c", "bert@example.org,,,,,,,Acme,b2c", "carl@example.org,,,,,,,,", name="d.csv",
        header=f"{header},kind"))
    assert (report["new"], report["refused"]) == (1, 2)
    assert [party.capacity for party, _ in desk.of(ANNA)] == ["consumer", "professional"]


def test_a_shared_telephone_makes_no_two_people_one(desk: Desk) -> None:
    assert desk.contacts(desk.csv(PROVEN, PROVEN.replace("anna", "bert")))["new"] == 2
    assert desk.contacts(desk.csv(",0612345678,,0,,,", name="b.csv"))["refused"] == 1
    assert "2 consumer files have its phone" in (desk.folder / "b.csv.rejects.csv").read_text()


ROWS = [COLUMNS, PROVEN.split(","), ["zoé@straße.de", "+33612345679", "", "non", "", "", ""]]


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "semicolon", "tab", "xlsx",
                                  "inline", "jsonl"])
def test_every_format_says_the_same(desk: Desk, form: str) -> None:
    path = desk.folder / "c.dat"
    if form in ("xlsx", "inline"):
        xlsx(path, ROWS, shared=form == "xlsx")
    elif form == "jsonl":
        path.write_text("".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in ROWS[1:]))
    else:
        mark = {"semicolon": ";", "tab": "\t"}.get(form, ",")
        path.write_text("\r\n".join(mark.join(row) for row in ROWS),
                        {"semicolon": "utf-8", "tab": "utf-8"}.get(form, form))
    report = desk.contacts(path)
    assert (report["new"], report["recorded_given"], report["recorded_refused"]) == (2, 1, 1)
    assert len(desk.of(Handle(ChannelKind.EMAIL, "zoé@xn--strae-oqa.de"))) == 1
    assert len(desk.of(Handle(ChannelKind.PHONE, "+33612345679"))) == 1


def test_a_spreadsheet_s_numbers_are_dates_and_telephones(desk: Desk) -> None:
    row = ["anna@example.org", "6.12345678E8", "", "1", "45325", "box", "form 7"]
    desk.contacts(xlsx(desk.folder / "c.xlsx", [COLUMNS, row]))
    (_, states), = desk.of(ANNA)
    assert states[KEY].since == datetime(2024, 2, 2, 23, tzinfo=UTC)
    assert len(desk.of(Handle(ChannelKind.PHONE, "+33612345678"))) == 1


@pytest.mark.parametrize(("header", "expected"), [
    ("E-mail;Téléphone mobile;Langue;Optin;Date optin", ["email", "sms", "language", "status", "date"]),
    ("E-Mail-Adresse;Handy;Sprache;Einwilligung", ["email", "sms", "language", "status"]),
    ("Correo electrónico;Móvil;Idioma;Consentimiento", ["email", "sms", "language", "status"]),
    ("Indirizzo email;Cellulare;Lingua;Consenso", ["email", "sms", "language", "status"]),
    ("Email address;Mobile phone;Language;Subscribed", ["email", "sms", "language", "status"])])
def test_a_mapping_is_proposed_in_five_languages_and_can_be_used(desk: Desk, header: str, expected: list[str]) -> None:
    path = desk.csv(";".join(["anna@example.org", "0612345678", "fr", "1", "13/02/2024"][: len(expected)]),
                    header=header)
    proposed = desk.run("import", "mapping", str(path)).output
    names = header.split(";")
    for field, name in zip(expected, names, strict=True):
        assert f'{field} = "{name}"' in proposed
    desk.mapping.write_text(proposed)
    assert desk.contacts(path)["new"] == 1
    assert (desk.of(ANNA)[0][1]) == {}, "a proposal claims no consent"


def test_mistakes_in_a_mapping_are_sentences(desk: Desk) -> None:
    path = desk.csv(PROVEN)

    def said(text: str) -> str:
        desk.mapping.write_text(text)
        return desk.fails("import", "contacts", str(path), "-m", str(desk.mapping), "--yes")

    assert "does not have" in said(MAPPING.replace('"optin"', '"Optin"'))
    assert "not a setting" in said(MAPPING + "\n[colums]\n")
    assert "valid TOML" in said("x")
    assert "capacity" in said(MAPPING.replace('capacity = "consumer"', ""))
    assert "purposes in the settings" in said(MAPPING.replace('purpose = "newsletter"', 'purpose = "news"'))
    assert "time_zone" in said('time_zone = "Paris"\n' + MAPPING)
    assert "contact point" in said(MAPPING.replace('email = "email"', "").replace('phone = "phone"', ""))
    assert "proposes it" in desk.fails("import", "contacts", str(path), "--yes")
    desk.mapping.write_text(MAPPING)
    assert "cannot be read" in desk.fails("import", "contacts", "nothing.csv", "-m", str(desk.mapping))


def test_suppressions_take_addresses_and_numbers_but_no_hashes(desk: Desk) -> None:
    desk.contacts(desk.csv(PROVEN))
    path = desk.folder / "noes.csv"
    path.write_text(f"who\nANNA@example.org\n06 12 34 56 79\n{'ab' * 32}\nnonsense\nanna@example.org\n")
    assert json.loads(desk.run("import", "suppressions", str(path), "--dry-run", "--json").output)["added"] == 3
    assert status(desk) is ConsentStatus.GIVEN
    done = json.loads(desk.run("import", "suppressions", str(path), "--json").output)
    assert (done["added"], done["refused"]) == (3, 2)
    assert json.loads(desk.run("import", "suppressions", str(path), "--json").output)["added"] == 0
    assert "key" in (desk.folder / "noes.csv.rejects.csv").read_text()
    assert status(desk, (ALL, ALL)) is ConsentStatus.WITHDRAWN
    store = desk.store()
    with store.reader() as uow:
        for kind in (ChannelKind.SMS, ChannelKind.PHONE):
            assert uow.suppression.find(Handle(kind, "+33612345679"))
        assert verify_ledger(uow.ledger).ok
    store.close()
    assert "no purpose" in desk.fails("import", "suppressions", str(path), "--purpose", "x")
    assert "no channel" in desk.fails("import", "suppressions", str(path), "--channel", "x")


def test_a_no_in_a_row_that_is_refused_is_not_lost(desk: Desk) -> None:
    desk.contacts(desk.csv(PROVEN))
    desk.mapping.write_text(MAPPING.replace('"consumer"', '"professional"'))
    assert desk.contacts(desk.csv("anna@example.org,,,0,,,", name="b.csv"))["refused"] == 1
    assert status(desk) is ConsentStatus.REFUSED
    assert "its no is recorded" in (desk.folder / "b.csv.rejects.csv").read_text()


def test_a_report_has_a_line_for_each_row_and_no_address(desk: Desk) -> None:
    path, told = desk.csv(PROVEN, "info@acme.example,,,,,,"), desk.folder / "told.csv"
    report = desk.contacts(path, "--report", str(told))
    assert report["hint_professional"] == 1
    assert list(csv.reader(told.read_text().splitlines()))[1:] == [["2", "new", "consumer", "", "", ""],
                                                 ["3", "new", "consumer", "generic", "", ""]]


def test_the_same_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE imported")
    desk = Desk(tmp_path, postgres_url.replace("/postgres?", "/imported?"))
    rows = [PROVEN, "bert@example.org,,,0,,,", "ANNA@example.org,06 12 34 56 79,en,,,,"]
    report = desk.contacts(desk.csv(*rows))
    assert (report["new"], report["merged"], report["recorded_given"], report["recorded_refused"]) == (2, 1, 1, 1)
    (party, states), = desk.of(ANNA)
    assert (party.language, states[KEY].status) == ("en", ConsentStatus.GIVEN)
    assert desk.contacts(desk.csv("anna@example.org,,,0,,,", name="b.csv"))["recorded_refused"] == 1
    assert desk.contacts(desk.csv(*rows, name="c.csv"), "--again")["stay_blocked"] == 3, "a row each"
    store = desk.store()
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).ok
    store.close()
