"""What every verb needs: where the settings are, the store they name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot import contact_points
from bot.bootstrap import open_storage
from bot.contact_points import NotAContactPoint
from bot.errors import OperatorError
from bot.settings import load
from storage.records import ChannelKind, Handle, Party
from storage.store import Store
from storage.unit_of_work import UnitOfWork

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


def parties_named(text: str, uow: UnitOfWork) -> Sequence[Party]:
    """The files that an id or `email:ADDRESS` names, consumer first; `-` reads it from standard input, so that it is
    in no shell's history. Raises OperatorError when there is none.
    """
    name = sys.stdin.readline().strip() if text == "-" else text.strip()
    kind, _, value = name.partition(":")
    if value and kind not in tuple(ChannelKind):
        raise OperatorError(f"{kind} is no channel: write one of {', '.join(ChannelKind)}, a colon, and the address.")
    found = uow.parties.by_handle(_handle(ChannelKind(kind), value)) if value else filter(None, [uow.parties.get(name)])
    known = list(found)
    if not known:
        raise OperatorError("Nobody has that id or address in this store.")
    return known


def _handle(kind: ChannelKind, value: str) -> Handle:
    """As it is kept; a number needs its country. Raises OperatorError."""
    try:
        return contact_points.handle(kind, value, "")
    except NotAContactPoint as error:
        written = contact_points.email_as_written(value) if kind is ChannelKind.EMAIL else None
        if written is None:
            raise OperatorError(f"That is no {kind} handle: {error}; write a number with + and its country.") from None
        return Handle(kind, written)


def say_outcome(told: Mapping[str, Any], *, done: bool) -> None:
    """What an explanation decided, changes and answers, in words; `done`: it has been carried out."""
    say = Console(markup=False).print
    say(f"decided     {', '.join(step['action'] for step in told['decision']['steps'])}: {told['decision']['reason']}")
    for change in told["changes"]:
        values = ", ".join(f"{name}={value}" for name, value in change.items())
        say(f"{'changed     ' if done else 'would change '}{values}")
    say(f"answer      {told['reply']['subject'] if told['reply'] else 'none: ' + told['silence']}")
