"""`consentry retention`: how long what is kept, what is over; and taking it out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.common import DEFAULT, Config, opened
from bot.cli.progress import bar
from bot.clock import system_clock
from bot.retention import KINDS, Due, carry_out, due, kept
from bot.settings import load

DOES = {"audit": "judged by the audit", "keep": "kept", "you": "yours to delete"}


def retention(
    config: Config = DEFAULT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List what is over by the retention table, then take it out: each deletion is an event of the ledger."""
    settings, now = load(config), system_clock()
    rows = kept(settings)
    with opened(config, read_only=dry_run) as store:
        with store.reader() as uow:
            found = due(uow, rows, now)
        if not as_json:
            _show(found)
        total, gone = sum(each.count for each in found), {}
        if total and not dry_run:
            if not yes and sys.stdin.isatty():
                typer.confirm("This cannot be undone. Take it out?", abort=True, err=True)
            with bar("Taking out", total) as told:
                gone = dict(carry_out(store.unit_of_work, rows, now, told=told))
            store.shred()
    if as_json:
        typer.echo(json.dumps({"at": now.isoformat(), "dry_run": dry_run, "rows": _plain(found), "gone": gone},
                              ensure_ascii=False))
    else:
        _say(gone, total, dry_run=dry_run)


def _show(found: Sequence[Due]) -> None:
    """Row by row: how many are over and since when, how long it is kept from when, by which text."""
    say = Console(markup=False, highlight=False, soft_wrap=True).print
    for each in found:
        row = each.row
        over = f"{each.count:,} over" if row.id in KINDS or row.does == "proof" else DOES[row.does]
        oldest = f", the oldest from {each.oldest.date().isoformat()}" if each.oldest is not None else ""
        say(f"{row.id}: {row.en}: {over}{oldest}")
        say(f"    kept {row.duration} from {row.start} [{row.citation}]")
        if row.reason:
            say(f"    read otherwise by the settings: {row.reason}")


def _plain(found: Sequence[Due]) -> list[Mapping[str, object]]:
    return [{"id": each.row.id, "object": each.row.en, "does": each.row.does, "duration": each.row.duration,
             "start": each.row.start, "citation": each.row.citation, "confidence": each.row.confidence,
             "reason": each.row.reason, "over": each.count,
             "oldest": each.oldest.isoformat() if each.oldest is not None else None} for each in found]


def _say(gone: Mapping[str, int], total: int, *, dry_run: bool) -> None:
    if not total:
        typer.echo("Nothing is over.")
    elif dry_run:
        typer.echo(f"{total:,} would go. Nothing was changed.")
    else:
        typer.echo(f"{sum(gone.values()):,} are gone; the ledger says what, when and by which row.")
