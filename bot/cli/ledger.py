"""`consentry ledger`: check the proof, take it elsewhere. Reads only: nothing is created, migrated or written."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened
from bot.errors import OperatorError
from storage.export import encode, read
from storage.verify import Checkpoint, Unreadable, VerifyReport, every, verify_ledger
from storage.verify import verify as verify_chain

app = typer.Typer(no_args_is_help=True, help="Check the proof, take it elsewhere.")
HEX = frozenset("0123456789abcdef")
TAIL = ("Keep this checkpoint elsewhere: that the newest entries were cut off shows only against one "
        "(--checkpoint).")


def progress(sequence: int) -> None:
    """How far it is, on a terminal; a pipe is spared."""
    if sys.stderr.isatty():
        typer.echo(f"\r{sequence:,} entries", err=True, nl=False)


def checkpoint_of(text: str | None) -> Checkpoint | None:
    """What `verify` printed once: number, colon, hash. Raises OperatorError."""
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(digest) == 64 and HEX.issuperset(digest)):
        raise OperatorError("A checkpoint is a number, a colon and 64 hexadecimal digits, "
                            "as `consentry ledger verify` prints it.")
    return Checkpoint(int(number), digest)


@app.command()
def verify(
    config: Config = DEFAULT,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="An export, instead of the store.")] = None,
    checkpoint: Annotated[str | None, typer.Option(help="NUMBER:HASH, as verify printed it before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Re-derive every hash, and what the store says now from what the ledger says; exit status 1 when one differs."""
    kept = checkpoint_of(checkpoint)
    report = from_file(file, kept) if file is not None else from_store(config, kept)
    if sys.stderr.isatty():
        typer.echo("\r", err=True, nl=False)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report) | {"source": "export" if file else "store"}))
    elif report.ok:
        typer.echo(in_words(report, "export" if file else "store"))
    else:
        typer.echo(f"Broken at entry {report.first_bad}: {report.reason}. "
                   f"The {report.head.sequence if report.head else 0} entries before were verified.", err=True)
    if not report.ok:
        raise typer.Exit(1)


def in_words(report: VerifyReport, source: str) -> str:
    """What was checked, and what was not."""
    more = "" if source == "export" else "; the current states are those the ledger derives"
    if report.head is None or not report.head.sequence:
        return f"{report.count} entries, nothing to verify."
    return (f"{report.count} entries, every one verified{more}.\n"
            f"Checkpoint {report.head.sequence}:{report.head.hash}\n{TAIL}")


def from_store(config: Path, kept: Checkpoint | None) -> VerifyReport:
    """The chain and the projection, from one snapshot."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        return verify_ledger(uow.ledger, kept, progress)


def from_file(file: Path, kept: Checkpoint | None) -> VerifyReport:
    """The chain, from the export alone: no store, no settings, no secret."""
    try:
        with file.open(encoding="ascii", errors="replace", newline="\n") as lines:
            return verify_chain(read(lines), kept, progress)
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from error


@app.command()
def export(config: Config = DEFAULT) -> None:
    """Each entry as a line of JSON, to be verified with `ledger verify --file`; personal data stays sealed."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        try:
            for entry in every(uow.ledger):
                sys.stdout.write(encode(entry) + "\n")
        except Unreadable as error:
            raise OperatorError(f"The export stops before entry {error.sequence}: {error}. "
                                "See `consentry ledger verify`.") from error
