"""`consentry ledger`: check the proof, take it elsewhere. Reads only."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator

import typer

from bot.cli.common import DEFAULT, Config, opened
from storage.records import LedgerEntry
from storage.unit_of_work import Ledger
from storage.verify import verify as check

app = typer.Typer(no_args_is_help=True, help="Check the proof, take it elsewhere.")


def entries(ledger: Ledger) -> Iterator[LedgerEntry]:
    """All of them, in order, a thousand at a time."""
    after = 0
    while batch := ledger.entries(after):
        yield from batch
        after = batch[-1].sequence


@app.command()
def verify(config: Config = DEFAULT) -> None:
    """Re-derive every hash; exit status 1 when one does not fit."""
    with opened(config) as store, store.unit_of_work() as uow:
        report = check(entries(uow.ledger))
    if not report.ok:
        typer.echo(f"Broken at entry {report.first_bad}: {report.reason}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{report.count} entries, every one verified.")


@app.command()
def export(config: Config = DEFAULT) -> None:
    """One JSON object per line; personal data stays sealed."""
    with opened(config) as store, store.unit_of_work() as uow:
        for entry in entries(uow.ledger):
            row = dataclasses.asdict(entry) | {"sealed": base64.b64encode(entry.sealed).decode()}
            row["event"].pop("personal")
            typer.echo(json.dumps(row, default=str))
