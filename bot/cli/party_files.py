"""`consentry party`: what is on file of a person, by capacity; and two files that are one person's made one."""

from __future__ import annotations

import json
from getpass import getuser
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened, parties_named
from bot.clock import system_clock
from bot.merging import Merged, compare
from bot.merging import merge as merge_files
from bot.policy.load import regime_for
from bot.settings import load
from storage.records import ChannelKind, ConsentState, Party
from storage.unit_of_work import UnitOfWork

app = typer.Typer(no_args_is_help=True, help="What is on file of a person.")
Who = Annotated[str, typer.Argument(help="A party's id, or email:ADDRESS; - reads it from standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command()
def show(party: Who, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Each file of the person: capacity, contact points, consents, and what is suppressed."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        files = [_file(each, uow) for each in parties_named(party, uow)]
    if as_json:
        typer.echo(json.dumps(files, ensure_ascii=False))
        return
    for number, file in enumerate(files):
        if number:
            typer.echo("")
        typer.echo(f"{file['id']}  {file['capacity']}" + (f"  {file['organisation']}" if file["organisation"] else ""))
        for name in ("handles", "consents", "suppressed"):
            for line in file[name]:  # type: ignore[attr-defined]
                typer.echo(f"  {name:11} {line}")


def _file(party: Party, uow: UnitOfWork) -> dict[str, object]:
    handles = uow.parties.handles(party.id)
    stops = {f"{each['purpose']}/{each['channel']} since {each['at']:%Y-%m-%d}"
             f"{' (a pause)' if each['provisional'] else ''}: {handle.kind}"
             for handle in handles for each in uow.suppression.find(handle)}
    return {"id": party.id, "capacity": str(party.capacity), "organisation": party.organisation,
            "language": party.language, "country": party.country,
            "handles": [f"{handle.kind}:{handle.value}" + ("" if uow.parties.handle_valid(handle) else " (invalid)")
                        for handle in handles],
            "consents": [_state(state) for state in uow.ledger.states(party.id)], "suppressed": sorted(stops)}


def _state(state: ConsentState) -> str:
    until = f", until {state.valid_until:%Y-%m-%d}" if state.valid_until else ""
    return f"{state.purpose}/{state.channel} {state.status} since {state.since:%Y-%m-%d}{until}"


@app.command()
def merge(
    into: Annotated[str, typer.Argument(help="The id of the file that stays.")],
    gone: Annotated[str, typer.Argument(help="The id of the file that goes into it.")],
    config: Config = DEFAULT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask. It cannot be undone.")] = False,
    by: Annotated[str, typer.Option(help="Who decides; default: your login name.")] = "",
) -> None:
    """Make two files of one person, in one capacity, one. Every no of both survives; a yes is not taken over."""
    settings = load(config)
    with opened(config) as store, store.unit_of_work() as uow:
        found, now = compare(into, gone, uow), system_clock()
        for line in _told(found):
            typer.echo(line)
        if dry_run or not (yes or typer.confirm("Merge them? This cannot be undone.")):
            return
        regime = regime_for(found.into.country or settings.controller.country, ChannelKind.EMAIL, found.into.capacity,
                            now.date())
        merge_files(found, uow, f"staff:{by or getuser()}", now, regime)
        uow.commit()
    typer.echo("Merged.")


def _told(it: Merged) -> list[str]:
    return [f"{it.into.id} ({it.into.capacity}) gets {len(it.handles)} contact points of {it.gone.id}.",
            *(f"  its no to {_state(no)} holds for both" for no in it.noes),
            *(f"  its consent {_state(yes)} is not taken over: ask again" for yes in it.lost)]
