"""`consentry try FILE.eml`: what would be done with a mail; nothing is stored or sent."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.bootstrap import services
from bot.cli.common import DEFAULT, Config, opened, say_outcome
from bot.errors import OperatorError
from bot.pipeline import explain
from bot.settings import load


def try_(file: Path, config: Config = DEFAULT,
         as_json: Annotated[bool, typer.Option("--json", help="Print the whole explanation.")] = False) -> None:
    """Explain the decision on a mail without changing anything."""
    if not file.is_file():
        raise OperatorError(f"There is no file {file}; name a mail saved as .eml.")
    with opened(config) as store:
        told = explain(file.read_bytes(), {}, services(load(config), store))
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    say = Console(markup=False).print
    say(f"understood  {', '.join(told['understanding']['intents'])} ({told['understanding']['confidence']:.0%})")
    say(f"sender      {told['identity']['reason']}")
    say_outcome(told, done=False)
