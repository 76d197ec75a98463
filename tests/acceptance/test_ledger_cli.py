"""The proof, checked by somebody who has only the command line, or only the export."""

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.bootstrap import open_storage
from bot.cli import app
from bot.errors import OperatorError
from bot.settings import load
from storage.export import encode
from storage.records import ALL, Capacity, ConsentEvent, ConsentStatus, EventTag
from storage.verify import every


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *words])


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings of a store whose ledger has five entries."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    store = open_storage(load(tmp_path / "consentry.toml"))
    with store.unit_of_work() as uow:
        for number in range(5):
            uow.ledger.append(ConsentEvent(
                EventTag.WITHDRAW, f"p{number}", Capacity.CONSUMER, ALL, "email", ConsentStatus.UNKNOWN,
                ConsentStatus.WITHDRAWN, store._clock(), "person", "FR-01", "stop", "0" * 64,
                {"handle": "anna@example.org"}))
        uow.commit()
    store.close()
    return str(tmp_path / "consentry.toml")


@pytest.fixture
def lines(config: str) -> list[str]:
    """The export's lines."""
    result = run("export", "-c", config)
    assert result.exit_code == 0, result.exception
    assert "anna" not in result.output, "personal data stays sealed"
    return result.output.splitlines()


def check(lines: list[str], tmp_path: Path, *more: str, end: str = "\n") -> Result:
    (tmp_path / "export.jsonl").write_text("\n".join(lines) + end, "utf-8")
    return run("verify", "--file", str(tmp_path / "export.jsonl"), *more)


def database(config: str) -> Path:
    store = open_storage(load(Path(config)))
    store.close()
    return Path(store.engine.url.database or "")


def test_a_whole_ledger_verifies_and_says_what_to_keep(config: str) -> None:
    result = run("verify", "-c", config)
    assert result.exit_code == 0, result.exception
    assert "5 entries, every one verified" in result.output
    assert "Checkpoint 5:" in result.output
    assert "only against one" in result.output, "it says what it cannot show"


def test_verifying_writes_nothing(config: str) -> None:
    path = database(config)
    before = path.read_bytes()
    assert run("verify", "-c", config).exit_code == 0
    assert run("export", "-c", config).exit_code == 0
    assert path.read_bytes() == before


def test_a_report_for_machines(config: str) -> None:
    told = json.loads(run("verify", "--json", "-c", config).output)
    assert (told["ok"], told["count"], told["head"]["sequence"], told["source"]) == (True, 5, 5, "store")


def test_an_export_verifies_far_from_the_store(config: str, lines: list[str], tmp_path: Path) -> None:
    for path in tmp_path.iterdir():
        path.unlink()  # no settings, no secret, no store
    result = check(lines, tmp_path)
    assert result.exit_code == 0, result.exception
    assert "5 entries" in result.output
    assert json.loads(check(lines, tmp_path, "--json").output)["source"] == "export"


def put(line: str, **changes: object) -> str:
    body = json.loads(line)
    event = {name: changes.pop(name) for name in list(changes) if name in body["event"]}
    return json.dumps({**body, **changes, "event": {**body["event"], **event}}, sort_keys=True, separators=(",", ":"))


CHANGED = [{name: "x"} for name in ("party_id", "purpose", "channel", "actor", "regime", "decision", "source_hash",
                                    "id", "previous_hash", "hash")] + [
    {"tag": "consent:grant"}, {"capacity": "professional"}, {"status_before": "given"}, {"status_after": "given"},
    {"occurred_at": "2026-01-01T00:00:00+00:00"}, {"recorded_at": "2026-01-01T00:00:00+00:00"}, {"sequence": 9},
    {"schema_version": 0}, {"schema_version": 1},
    {"schema_version": 3}, {"provenance": "imported"}, {"notice": "x"}, {"valid_until": "2026-01-01T00:00:00+00:00"},
    {"sealed": "AAAA"}]


@pytest.mark.parametrize("change", CHANGED)
def test_a_changed_field_of_a_line_shows(lines: list[str], tmp_path: Path, change: dict[str, object]) -> None:
    lines[2] = put(lines[2], **change)
    result = check(lines, tmp_path, "--json")
    told = json.loads(result.output)
    assert (result.exit_code, told["ok"], told["count"]) == (1, False, 3)
    assert told["head"]["sequence"] == 2


@pytest.mark.parametrize("line", ["", "{}", "[]", "null", "no json", '{"event": 1}', "[" * 5000, '{"a":' * 5000,
                                  "é\ud800", '{"sequence":' + "9" * 5000 + "}", "x" * (1 << 21)])
def test_a_line_that_is_no_entry_shows(lines: list[str], tmp_path: Path, line: str) -> None:
    lines[1] = line
    (tmp_path / "e.jsonl").write_text("\n".join(lines) + "\n", "utf-8", errors="surrogatepass")
    result = run("verify", "--file", str(tmp_path / "e.jsonl"))
    assert result.exit_code == 1, result.exception
    assert "Broken at entry 2: line 2 is not an entry as it was exported" in result.output


def test_what_means_the_same_but_is_not_the_same_shows(lines: list[str], tmp_path: Path) -> None:
    """A field beside the hashed ones, a name twice, other spacing: another reader could see something else."""
    for odd in (put(lines[1], note="added"), lines[1].replace("{", "{ ", 1),
                lines[1][:-1] + ',"sequence":2}', lines[1] + " ", lines[1].replace("+00:00", "Z")):
        assert check([lines[0], odd, *lines[2:]], tmp_path).exit_code == 1


def test_a_removed_a_swapped_and_a_repeated_line_show(lines: list[str], tmp_path: Path) -> None:
    removed = check([*lines[:2], *lines[3:]], tmp_path)
    assert removed.exit_code == 1
    assert "entry 3 is missing" in removed.output
    assert check([lines[0], lines[2], lines[1], *lines[3:]], tmp_path).exit_code == 1
    assert check([lines[0], lines[0], *lines[1:]], tmp_path).exit_code == 1
    assert check(lines[1:], tmp_path).exit_code == 1
    assert check(lines, tmp_path, end="").exit_code == 1, "the last line is cut"


def test_a_cut_tail_shows_only_against_a_checkpoint(config: str, lines: list[str], tmp_path: Path) -> None:
    kept = run("verify", "-c", config).output.split("Checkpoint ")[1].split()[0]
    cut = check(lines[:3], tmp_path)
    assert cut.exit_code == 0
    assert "only against one" in cut.output
    against = check(lines[:3], tmp_path, "--checkpoint", kept)
    assert against.exit_code == 1
    assert "the newest entries are gone" in against.output
    assert check(lines, tmp_path, "--checkpoint", kept).exit_code == 0
    assert run("verify", "-c", config, "--checkpoint", kept).exit_code == 0
    assert run("verify", "-c", config, "--checkpoint", f"5:{'0' * 64}").exit_code == 1
    assert isinstance(check(lines, tmp_path, "--checkpoint", "5").exception, OperatorError)


def test_a_changed_store_is_found(config: str) -> None:
    connection = sqlite3.connect(database(config))
    with connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("UPDATE ledger SET status_after = 'given' WHERE sequence = 4")
    connection.close()
    result = run("verify", "-c", config)
    assert result.exit_code == 1
    assert "Broken at entry 4" in result.output


def test_a_changed_projection_is_found(config: str) -> None:
    connection = sqlite3.connect(database(config))
    with connection:
        connection.execute("UPDATE projection SET status = 'given' WHERE sequence = 4")
    connection.close()
    result = run("verify", "-c", config)
    assert result.exit_code == 1
    assert "the projection says given, the ledger says withdrawn" in result.output


def test_what_cannot_be_opened_is_a_sentence(config: str, tmp_path: Path) -> None:
    assert isinstance(run("verify", "--file", str(tmp_path / "none.jsonl")).exception, OperatorError)
    database(config).unlink()
    assert isinstance(run("verify", "-c", config).exception, OperatorError)
    assert not database_exists(tmp_path)


def database_exists(folder: Path) -> bool:
    return any(path.suffix == ".sqlite3" for path in folder.rglob("*"))


def test_the_export_is_what_the_store_encodes(config: str, lines: list[str]) -> None:
    store = open_storage(load(Path(config)), read_only=True)
    with store.reader() as uow:
        assert [encode(entry) for entry in every(uow.ledger)] == lines
    store.close()
