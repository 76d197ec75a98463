"""`consentry init`: asks a few questions; writes commented settings and a secret, and never over existing ones."""

from __future__ import annotations

import json
import os
import secrets
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import OperatorError
from bot.settings import load

QUESTIONS = {
    "name": ("Your organisation's name", "Example"),
    "address": ("The address people write to", "privacy@example.org"),
    "country": ("The country whose law you are under (two letters)", "FR"),
    "authority": ("Your supervisory authority", "CNIL"),
    "host": ("The mail server that sends for you", "127.0.0.1"),
}


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path(),
    name: Annotated[str | None, typer.Option(help="Your organisation.")] = None,
    address: Annotated[str | None, typer.Option(help="The address people write to.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, as FR.")] = None,
    authority: Annotated[str | None, typer.Option(help="Your supervisory authority.")] = None,
    host: Annotated[str | None, typer.Option(help="The mail server that sends for you.")] = None,
) -> None:
    """Write consentry.toml and consentry.key. Asks for what is not given, when there is somebody to ask."""
    config, key = folder / "consentry.toml", folder / "consentry.key"
    for path in (config, key):
        if path.exists():
            raise OperatorError(f"{path} exists already: move it away first.")
    given = {"name": name, "address": address, "country": country, "authority": authority, "host": host}
    text = settings_text({key: value if value is not None else ask(key) for key, value in given.items()})
    write(folder, config, key, text)
    try:
        load(config)
    except OperatorError:
        config.unlink()
        key.unlink()
        raise
    typer.echo(f"Wrote {config} and {key}.\nRead through the first; keep a copy of the second elsewhere: without it "
               "the proof cannot be opened.\nNext: `consentry try MAIL.eml` explains what would be done with a mail, "
               "`consentry run` begins.")


def ask(key: str) -> str:
    """The answer; the default when nobody is there to ask."""
    question, default = QUESTIONS[key]
    return str(typer.prompt(question, default=default)) if sys.stdin.isatty() else default


def settings_text(answers: dict[str, str]) -> str:
    """The commented settings, with these values in TOML's form."""
    text = (files("bot.cli") / "settings.toml").read_text("utf-8")
    for key, value in answers.items():
        text = text.replace(f"<{key}>", json.dumps(value, ensure_ascii=False))
    return text


def write(folder: Path, config: Path, key: Path, text: str) -> None:
    """The secret first, readable by its owner alone."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        config.write_text(text, "utf-8")
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written ({error.strerror}): choose another folder.") from error
