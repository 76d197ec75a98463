"""kill -9 in the middle of an import: run again, it goes on; nothing twice, nothing lost, and nobody's no undone."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from storage.store import Store
from storage.verify import every, verify_ledger
from tests.harness.bot import ROOT
from tests.harness.files import Desk

ROWS = 25_000  # three batches


def a_file(desk: Desk) -> Path:
    rows = []
    for number in range(ROWS):
        wrong = "nonsense" if number % 1000 == 7 else f"p{number - number % 2 * (number % 5 == 0)}@people.example"
        rows.append(f"{wrong},,fr,{int(number % 3 > 0)},03/02/2024,box,form {number % 2}")
    return desk.csv(*rows)


def run(desk: Desk, path: Path, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "import", "contacts", str(path), "-m", str(desk.mapping), "-c",
         str(desk.config), "--yes", "--json"], cwd=ROOT, env={**os.environ, "CONSENTRY_CRASH_AT": crash_at},
        capture_output=True, text=True, check=False)


def told(store: Store) -> dict[str, object]:
    """All that the store says, without ids and moments of writing."""
    with store.reader() as uow:
        assert verify_ledger(uow.ledger).ok
        entries = list(every(uow.ledger))
        said = Counter()
        for entry in entries:
            handle, = uow.parties.handles(entry.event.party_id)
            said[handle.value, str(entry.event.status_after), entry.event.occurred_at] += 1
        return {"entries": len(entries), "parties": len({entry.event.party_id for entry in entries}), "said": said}


@pytest.mark.parametrize(
    "point", ["in_transaction:2", pytest.param("after_commit:1", marks=pytest.mark.slow), "after_commit:3"])
@pytest.mark.timeout(400)
def test_an_import_that_was_killed_goes_on(tmp_path: Path, point: str) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    desks = Desk(whole), Desk(killed)
    paths = a_file(desks[0]), a_file(desks[1])
    once = run(desks[0], paths[0])
    assert once.returncode == 0, once.stderr
    assert run(desks[1], paths[1], point).returncode == 9
    again = run(desks[1], paths[1])
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == json.loads(once.stdout)
    assert (killed / "c.csv.rejects.csv").read_bytes() == (
        whole / "c.csv.rejects.csv").read_bytes()
    stores = [desk.store() for desk in desks]
    try:
        assert told(stores[0]) == told(stores[1])
    finally:
        for store in stores:
            store.close()


def test_an_interrupted_file_goes_on_as_it_began(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    path = a_file(desk)
    assert run(desk, path, "after_commit:1").returncode == 9
    desk.mapping.write_text(desk.mapping.read_text().replace('language = "language"', ""))
    assert "another mapping" in run(desk, path).stderr
