"""The ledger is signed; what is signed is published; and what is changed shows, wherever it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.bootstrap import reviewing
from bot.cli import app
from bot.errors import OperatorError
from bot.workers.local import Local
from storage import chain
from storage.export import encode, read
from storage.records import LedgerEntry
from storage.store import Store
from storage.verify import every, verify
from tests.contract.conftest import NOW, event
from tests.harness.bot import wait_until
from tests.harness.proofs import Desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, f"sqlite:///{tmp_path}/s.sqlite3" if request.param == "sqlite"
                else request.getfixturevalue("postgres_url"))
    grow(made.store, 5)
    yield made
    made.close()


def grow(store: Store, count: int) -> None:
    with store.unit_of_work() as uow:
        for number in range(count):
            uow.ledger.append(event(party=f"p{number % 3}"))
        uow.commit()


def exported(desk: Desk, name: str = "e.jsonl") -> list[str]:
    said = desk.run("ledger", "export")
    assert said.exit_code == 0, said.exception
    (desk.folder / name).write_text(said.stdout, "ascii")
    return said.stdout.splitlines()


def test_a_checkpoint_is_signed_published_and_checked(desk: Desk) -> None:
    key = desk.says("ledger", "key").split("Key ")[1]
    assert "No checkpoint is signed" in desk.says("ledger", "verify")
    assert "Signed up to entry 5" in desk.says("ledger", "checkpoint", "--out", "cp.json")
    assert "Nothing is new: the newest checkpoint is up to entry 5" in desk.says("ledger", "checkpoint")
    told = json.loads((desk.folder / "cp.json").read_text("ascii"))
    assert (told["checkpoint"]["sequence"], told["checkpoint"]["key_id"]) == (5, key)
    grow(desk.store, 2)
    said = desk.says("ledger", "verify", "--checkpoint", "cp.json", "--key", key)
    assert "7 entries, every one verified" in said
    assert f"1 checkpoints verified, signed up to entry 5 with the key {key}" in said
    assert desk.run("ledger", "verify", "--key", "0" * 64).exit_code == 1
    assert "64 hexadecimal digits" in desk.refused("ledger", "verify", "--key", "x")


def test_an_export_has_the_checkpoints_and_an_old_one_stays_readable(desk: Desk) -> None:
    desk.says("ledger", "checkpoint")
    grow(desk.store, 3)
    desk.says("ledger", "checkpoint")
    lines = exported(desk)
    assert [line.startswith('{"checkpoint"') for line in lines] == [False] * 5 + [True] + [False] * 3 + [True]
    desk.config.unlink()
    said = CliRunner().invoke(app, ["ledger", "verify", "--file", "e.jsonl"])
    assert said.exit_code == 0, said.output
    assert "2 checkpoints verified, signed up to entry 8" in said.output
    (desk.folder / "old.jsonl").write_text("".join(f"{line}\n" for line in lines if "checkpoint" not in line), "ascii")
    said = CliRunner().invoke(app, ["ledger", "verify", "--file", "old.jsonl"])
    assert said.exit_code == 0, "as versions before wrote it"
    assert "8 entries, every one verified" in said.output


def test_a_tail_that_was_cut_shows_against_what_was_published(desk: Desk) -> None:
    desk.says("ledger", "checkpoint", "--out", "cp.json")
    lines = exported(desk)
    (desk.folder / "cut.jsonl").write_text("\n".join(lines[:3]) + "\n", "ascii")
    assert CliRunner().invoke(app, ["ledger", "verify", "--file", "cut.jsonl"]).exit_code == 0
    said = CliRunner().invoke(app, ["ledger", "verify", "--file", "cut.jsonl", "--checkpoint", "cp.json"])
    assert said.exit_code == 1
    assert "the newest entries are gone" in said.output
    (desk.folder / "cut.jsonl").write_text("\n".join([*lines[:3], lines[5]]) + "\n", "ascii")
    said = CliRunner().invoke(app, ["ledger", "verify", "--file", "cut.jsonl"])
    assert "the newest entries are gone" in said.output, "the checkpoint in the export is enough"


def test_a_chain_written_anew_shows(desk: Desk) -> None:
    desk.says("ledger", "checkpoint")
    lines = exported(desk)
    with desk.store.reader() as uow:
        entries = list(every(uow.ledger))
    forged: list[LedgerEntry] = []
    for entry in entries:
        forged.append(chain.link(entry.sequence, entry.id, entry.event, b"other", entry.recorded_at,
                                 forged[-1].hash if forged else chain.GENESIS))
    (desk.folder / "f.jsonl").write_text("".join(f"{line}\n" for line in [*map(encode, forged), lines[-1]]), "ascii")
    said = CliRunner().invoke(app, ["ledger", "verify", "--file", "f.jsonl", "--json"])
    told = json.loads(said.stdout)
    assert (said.exit_code, told["ok"], told["first_bad"]) == (1, False, 5)
    assert "written anew" in told["reason"]


def test_mistakes_are_sentences(desk: Desk) -> None:
    (desk.folder / "junk.json").write_text("{}\n", "ascii")
    assert "holds no signed checkpoint" in desk.refused("ledger", "verify", "--checkpoint", "junk.json")
    (desk.folder / "empty.json").write_text("", "ascii")
    assert "proves nothing" in desk.refused("ledger", "verify", "--checkpoint", "empty.json")
    assert "or a file" in desk.refused("ledger", "verify", "--checkpoint", "nowhere.json")
    desk.says("ledger", "checkpoint", "--out", "cp.json")
    changed = (desk.folder / "cp.json").read_text("ascii").replace('"sequence":5', '"sequence":4')
    (desk.folder / "bad.json").write_text(changed, "ascii")
    assert "the signature of the checkpoint does not" in desk.refused("ledger", "verify", "--checkpoint", "bad.json")
    assert "cannot be written" in desk.refused("ledger", "checkpoint", "--out", "nowhere/cp.json")


def test_an_empty_ledger_has_nothing_to_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    empty = Desk(tmp_path, f"sqlite:///{tmp_path}/s.sqlite3")
    assert isinstance(empty.run("ledger", "checkpoint").exception, OperatorError)
    empty.close()


def test_the_bot_signs_by_itself(desk: Desk) -> None:
    from bot.workers.housekeep import housekeep
    services = reviewing(desk.settings, desk.store)
    local = Local(services, lambda item: None, housekeep=lambda: housekeep(services, desk.store.reader))
    local.start()

    def signed() -> bool:
        with desk.store.reader() as uow:
            return uow.checkpoints.newest() is not None

    wait_until(signed, 30)
    local.stop()
    assert "signed up to entry 5" in desk.says("ledger", "verify")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Eight entries, signed after the fifth and the eighth."""
    folder = tmp_path_factory.mktemp("export")
    desk = Desk(folder, f"sqlite:///{folder}/s.sqlite3")
    for count in (5, 3):
        grow(desk.store, count)
        desk.says("ledger", "checkpoint")
    exported(desk)
    desk.close()
    return (folder / "e.jsonl").read_bytes()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_altered_byte_of_an_export_is_found_and_where(export: bytes, tmp_path: Path, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(export) - 1))
    spoilt = bytearray(export)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    (tmp_path / "e.jsonl").write_bytes(bytes(spoilt))
    with (tmp_path / "e.jsonl").open(encoding="ascii", errors="replace", newline="\n") as lines:
        report = verify(read(lines))
    assert not report.ok
    line = export.count(b"\n", 0, place)  # of the altered byte, from 0; lines 5 and 9 are checkpoints
    before = line - (line > 5) - (line > 9)
    assert report.head is not None
    assert report.head.sequence == before, "everything before it was verified, and nothing after"
    assert report.first_bad in (before, before + 1)


def test_times_are_whole(desk: Desk) -> None:
    """What was signed is read back as it was signed, to the microsecond, from both databases."""
    with desk.store.unit_of_work() as uow:
        entry = uow.ledger.entries(4)[0]
        made = uow.checkpoints.add(None, 5, entry.hash, "0" * 64, NOW.replace(microsecond=123456))
        uow.commit()
    with desk.store.reader() as uow:
        assert uow.checkpoints.newest() == made
