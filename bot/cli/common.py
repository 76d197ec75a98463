"""What every verb needs: where the settings are, the store they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot.bootstrap import open_storage
from bot.settings import load
from storage.store import Store

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
DEFAULT = Path("consentry.toml")


@contextmanager
def opened(config: Path, *, read_only: bool = False) -> Iterator[Store]:
    """The store of these settings, closed at the end. `read_only`: neither made nor migrated, and never written."""
    store = open_storage(load(config), read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def say_outcome(told: Mapping[str, Any], *, done: bool) -> None:
    """What an explanation decided, changes and answers, in words; `done`: it has been carried out."""
    say = Console(markup=False).print
    say(f"decided     {', '.join(step['action'] for step in told['decision']['steps'])}: {told['decision']['reason']}")
    for change in told["changes"]:
        values = ", ".join(f"{name}={value}" for name, value in change.items())
        say(f"{'changed     ' if done else 'would change '}{values}")
    say(f"answer      {told['reply']['subject'] if told['reply'] else 'none: ' + told['silence']}")
