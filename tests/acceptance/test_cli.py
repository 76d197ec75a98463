"""The command line, verb by verb."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, main
from bot.errors import OperatorError

run = CliRunner().invoke


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    assert run(app, ["init"]).exit_code == 0
    return str(tmp_path / "consentry.toml")


def test_init_never_overwrites(config: str) -> None:
    assert isinstance(run(app, ["init"]).exception, OperatorError)
    assert (Path(config).parent / "consentry.key").stat().st_mode & 0o077 == 0


def test_an_empty_ledger_verifies(config: str) -> None:
    missing = run(app, ["ledger", "verify", "-c", config])
    assert isinstance(missing.exception, OperatorError), "verifying never makes a store"
    assert run(app, ["inbox", "list", "-c", config]).exit_code == 0
    result = run(app, ["ledger", "verify", "-c", config])
    assert result.exit_code == 0, result.exception
    assert "0 entries" in result.output


def test_an_empty_inbox(config: str) -> None:
    result = run(app, ["inbox", "list", "-c", config])
    assert (result.exit_code, result.output) == (0, "")


def test_errors_are_one_sentence_and_exit_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["consentry", "inbox", "list", "-c", str(tmp_path / "no.toml")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
