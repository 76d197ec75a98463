"""Settings: what is wrong is said in one sentence, and never with a secret in it."""

from pathlib import Path

import pytest

from bot.errors import OperatorError
from bot.settings import load

GOOD = """
secret_file = "secret.key"
[controller]
name = "ACME"
contact = "dpo@acme.example"
[mail]
address = "Privacy@acme.example"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.key").write_bytes(b"k" * 32)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "consentry.toml"
    path.write_text(text, "utf-8")
    return path


def test_defaults(folder: Path) -> None:
    settings = load(write(folder, GOOD))
    assert settings.mail.address == "privacy@acme.example"
    assert settings.policy.stop_threshold == 0.6
    assert settings.key == b"k" * 32
    assert settings.sender == "ACME <privacy@acme.example>"


def test_environment_wins_and_merges(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENTRY__SMTP__PORT", "2525")
    monkeypatch.setenv("CONSENTRY__CONTROLLER__NAME", "Other")
    settings = load(write(folder, GOOD))
    assert (settings.smtp.port, settings.controller.name) == (2525, "Other")
    assert settings.controller.contact == "dpo@acme.example"


@pytest.mark.parametrize(("change", "words"), [
    (("contact", "kontact"), "controller.kontact is not a setting"),
    (("Privacy@acme.example", "privacy"), "correct mail.address: it must be an e-mail address"),
    (("secret.key", "no.key"), "which does not exist"),
    (("[mail]", "[storage]\nurl='mysql://x'\n[mail]"), "correct storage.url"),
    (("[mail]", "[mail"), "not valid TOML"),
    (('secret_file = "secret.key"', 'secret = "short-one"'), "at least 32"),
    (('secret_file = "secret.key"', ""), "consentry init"),
])
def test_mistakes_are_sentences(folder: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(OperatorError, match=words) as caught:
        load(write(folder, GOOD.replace(*change)))
    assert "short-one" not in str(caught.value)


@pytest.mark.parametrize("section", ["lmtp", "smtp"])
@pytest.mark.parametrize(("login", "words"), [
    ('user = "mx"', "has a user and no password"), ('user = "mx"\npassword = ""', "has a user and no password"),
    ('user = "mx"\npassword_file = "empty"', "has a user and no password"),
    ('password = "s3cret"', "has a password and no user"),
    ('user = "mx"\npassword = "s3cret"\npassword_file = "full"', "both password and password_file"),
])
def test_half_a_login_is_refused(folder: Path, section: str, login: str, words: str) -> None:
    (folder / "empty").write_text("\n")
    (folder / "full").write_text("s3cret\n")
    with pytest.raises(OperatorError, match=rf"correct {section}: .*{words}") as caught:
        load(write(folder, f"{GOOD}[{section}]\n{login}\n"))
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).count(".") == 1 + str(caught.value).count(".toml")


def test_a_whole_login_is_taken_and_a_mailbox_says_which_it_is(folder: Path) -> None:
    (folder / "full").write_text("s3cret\n")
    settings = load(write(folder, f'{GOOD}[lmtp]\nuser = "mx"\npassword_file = "full"\n'))
    assert settings.lmtp.secret == "s3cret"
    with pytest.raises(OperatorError, match=r"correct imap\.1: .*no password"):
        load(write(folder, f'{GOOD}[[imap]]\nname = "a"\nhost = "h"\n[[imap]]\nname = "b"\nhost = "h"\nuser = "u"\n'))


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="consentry init"):
        load(tmp_path / "none.toml")
