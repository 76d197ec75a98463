"""The command line, verb by verb."""

import base64
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app, main
from bot.errors import OperatorError
from bot.settings import Http, Lmtp, Policy, load

run = CliRunner().invoke
ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    assert run(app, ["init"]).exit_code == 0
    return str(tmp_path / "consentry.toml")


def test_init_never_overwrites(config: str) -> None:
    assert isinstance(run(app, ["init"]).exception, OperatorError)
    assert (Path(config).parent / "consentry.key").stat().st_mode & 0o077 == 0


def test_init_asks_at_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "bot.cli", "init", str(tmp_path), "--country", "BE"]
    asking = subprocess.Popen(line, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"Ma Boutique\ndpo@boutique.example\nAPD\n\n")
    try:
        assert asking.wait(60) == 0
    finally:
        os.close(ours)
    settings = load(tmp_path / "consentry.toml")
    assert (settings.controller.name, settings.mail.address) == ("Ma Boutique", "dpo@boutique.example")
    assert (settings.controller.country, settings.controller.authority) == ("BE", "APD")
    assert settings.smtp.host == "127.0.0.1"


def test_what_init_cannot_use_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    said = run(app, ["init", str(tmp_path), "--address", "no address"])
    assert "address" in str(said.exception)
    assert not list(tmp_path.iterdir())


def test_every_setting_that_init_only_mentions_is_one(config: str) -> None:
    """The commented lines, uncommented, are settings too."""
    path = Path(config)
    for name in ("cert.pem", "key.pem", "dkim.pem", "second.key", "lmtp.password", "imap.password", "smtp.password"):
        (path.parent / name).write_text("secret\n")
    (path.parent / "crm.whsec").write_text(f"whsec_{base64.b64encode(bytes(32)).decode()}\n")
    (path.parent / "models/2026-12-01").mkdir(parents=True)
    told = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(re.sub(r"^# (?=\[|\w+ = )", "", line) for line in told), "utf-8")
    settings = load(path)
    assert settings.imap[0].after == "flag"
    assert settings.dkim is not None
    assert settings.policy == Policy()
    assert settings.http == Http(public_url="https://privacy.example.org")
    assert settings.lmtp.port == Lmtp().port


def test_an_empty_ledger_verifies(config: str) -> None:
    missing = run(app, ["ledger", "verify", "-c", config])
    assert isinstance(missing.exception, OperatorError), "verifying never makes a store"
    assert run(app, ["inbox", "list", "-c", config]).exit_code == 0
    result = run(app, ["ledger", "verify", "-c", config])
    assert result.exit_code == 0, result.exception
    assert "0 entries" in result.output


def test_an_empty_inbox(config: str) -> None:
    result = run(app, ["inbox", "list", "-c", config])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing was received yet.\n")


def test_errors_are_one_sentence_and_exit_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["consentry", "inbox", "list", "-c", str(tmp_path / "no.toml")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
