"""Files that are damaged, or made to do harm: every one ends in a sentence or in refused rows, and nothing is lost."""

import csv
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import OperatorError
from bot.importing.lines import LONGEST_CELL, header, rows
from bot.importing.source import look
from storage.records import ChannelKind, Handle
from tests.harness.files import COLUMNS, Desk, xlsx

GOOD = "anna@example.org,,fr,0,,,"
ROWS = [COLUMNS, GOOD.split(",")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_bad_rows_do_not_keep_good_ones_out(desk: Desk) -> None:
    path = desk.csv("a\0b@example.org,,,,,,", "x" * (LONGEST_CELL + 1) + ",,,,,,", "a@b.example,,,maybe,,,", "",
                    ",,,,,,", "a@b.example,,,,,,,,extra", GOOD)
    report = desk.contacts(path)
    assert (report["new"], report["refused"]) == (1, 4)
    csv.field_size_limit(1 << 20)
    with (desk.folder / "c.csv.rejects.csv").open(newline="") as rejects:
        assert [row["line"] for row in csv.DictReader(line.replace("\0", "") for line in rejects)] == [
            "2", "3", "4", "7"]


def test_a_quote_that_is_never_closed_is_one_fault(desk: Desk) -> None:
    path = desk.csv('"broken,,,,,,', *[f"p{number}@example.org,,,0,,," for number in range(9000)])
    report = desk.contacts(path)
    assert report["refused"] == 1
    assert int(str(report["new"])) > 3000
    assert "never closed (up to line " in (desk.folder / "c.csv.rejects.csv").read_text()


def entity(path: Path) -> None:
    xlsx(path, ROWS, shared=False, extra='<!DOCTYPE x [<!ENTITY a "aaaa">]>')


def bomb(path: Path) -> None:
    xlsx(path, ROWS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/sharedStrings.xml", "w") as part:
        part.write(b"<sst><si><t>")
        for _ in range(100):
            part.write(b" " * (1 << 20))
        part.write(b"</t></si></sst>")


def cut(path: Path) -> None:
    xlsx(path, ROWS)
    path.write_bytes(path.read_bytes()[:-200])


def elsewhere(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("readme.txt", "no workbook")


def far(path: Path) -> None:
    xlsx(path, ROWS)
    data = path.read_bytes()
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/_rels/workbook.xml.rels", '<R><Relationship Id="1" Target="s.xml"/></R>')
        book.writestr("xl/workbook.xml", '<w><sheet name="a" id="1"/></w>')
        book.writestr("xl/s.xml", '<s><row r="1"><c r="ZZZ1"><v>1</v></c></row></s>')
    assert data


@pytest.mark.parametrize(("make", "said"), [
    (entity, "entity"), (bomb, "beyond measure"), (cut, "no whole XLSX"), (elsewhere, "no whole XLSX"),
    (far, "more columns")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_workbook_is_a_sentence(desk: Desk, make: object, said: str) -> None:
    path = desk.folder / "c.xlsx"
    make(path)  # type: ignore[operator]
    assert said in desk.fails("import", "contacts", str(path), "-m", str(desk.mapping), "--yes")


def test_a_workbook_s_huge_cell_and_a_text_that_is_not_there_are_refused_rows(desk: Desk) -> None:
    path = xlsx(desk.folder / "c.xlsx", [COLUMNS, ["x" * 40_000, *[""] * 6], GOOD.split(",")], shared=False)
    assert (desk.contacts(path)["refused"], len(desk.of(Handle(ChannelKind.EMAIL, "anna@example.org")))) == (1, 1)
    assert "longer than 32,767" in (desk.folder / "c.xlsx.rejects.csv").read_text()


@pytest.mark.parametrize(("name", "data", "said"), [
    ("c.csv", b"", "is empty"), ("c.xls", b"\xd0\xcf\x11\xe0rest", "save it"), ("c.xlsx", b"no zip", "save it"),
    ("c.csv", b"\n\n", "no header"), ("c.csv", b"a,a\n1,2\n", "Two columns"), ("c.csv", b"%PDF-1.7", "save it"),
    ("c.jsonl", b"[1]\n", "no header")])
def test_what_is_no_table_is_a_sentence(desk: Desk, name: str, data: bytes, said: str) -> None:
    path = desk.folder / name
    path.write_bytes(data)
    assert said in desk.fails("import", "contacts", str(path), "-m", str(desk.mapping), "--yes")


def every_row(path: Path) -> int:
    try:
        source = look(path)
        return sum(1 for _ in rows(source, header(source)))
    except OperatorError:
        return 0


@given(st.binary(max_size=300), st.sampled_from(["c.csv", "c.jsonl", "c.dat"]), st.sampled_from(
    [b"", b"email,x\n", b'{"email": 1}\n', b"\xff\xfe", b"PK\x03\x04", b'"']))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_never_raise_anything_else(tmp_path: Path, data: bytes, name: str, start: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(start + data)
    every_row(path)


@given(st.integers(0, 900), st.binary(min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_workbook_with_any_bytes_changed_never_raises_anything_else(tmp_path: Path, at: int, data: bytes) -> None:
    path = xlsx(tmp_path / "c.xlsx", ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    every_row(path)
