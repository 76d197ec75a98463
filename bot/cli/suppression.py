"""`consentry suppression`: the list for those who send in your name."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened
from bot.clock import system_clock
from bot.controller import operator_of
from bot.errors import OperatorError
from bot.settings import load
from bot.suppression_export import Counts, Form, refused, writer
from storage.records import ChannelKind

app = typer.Typer(no_args_is_help=True, help="The list for those who send in your name.")
MIN_KEY = 32  # bytes of a shared key
NOTE = ("Not in the file: persons who were erased or are not on file. Consentry keeps only keyed hashes of them, which "
        "no provider can use: match each list here before sending (POST /api/v1/suppression:match).")
WEAK = "A plain hash of a telephone number is found in minutes, one of an address soon: it hides nothing. Use hmac."


class Layout(StrEnum):
    """How lines are written."""

    CSV = "csv"
    JSONL = "jsonl"


@app.callback()
def suppression() -> None:
    """The list for those who send in your name."""


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="The file to write; it is replaced at once, when it is whole.")],
    config: Config = DEFAULT,
    channel: Annotated[ChannelKind, typer.Option(help="By what they would be written to.")] = ChannelKind.EMAIL,
    purpose: Annotated[list[str] | None, typer.Option(help="Only these; default: all of the settings.")] = None,
    layout: Annotated[Layout, typer.Option("--format", help="csv or jsonl.")] = Layout.CSV,
    form: Annotated[Form, typer.Option("--hash", help="How handles are written.")] = Form.PLAIN,
    shared_key_file: Annotated[Path | None, typer.Option(help="The key of --hash hmac, at least 32 bytes.")] = None,
) -> None:
    """Handles on file that may not be written to for any purpose, sorted; counts on stderr."""
    settings, counts = load(config), Counts()
    purposes = list(dict.fromkeys(purpose or settings.purposes))
    if not purposes:
        raise OperatorError("There are no purposes in the settings: name one with --purpose.")
    written = writer(form, key_of(form, shared_key_file))
    with opened(config, read_only=True) as store, store.reader() as uow:
        found = refused(channel, purposes, system_clock(), uow, operator_of(settings), counts, progress)
        rows = sorted((written(handle), reason) for handle, reason in found)
    replace(out, text_of(rows, channel, layout))
    if sys.stderr.isatty():
        typer.echo("\r", err=True, nl=False)
    typer.echo(f"{counts.exported} of {counts.checked} handles on file written to {out}; {counts.elsewhere} of the "
               f"suppression list have no handle of this channel on file.\n{NOTE}", err=True)
    if form in (Form.SHA256, Form.MD5):
        typer.echo(WEAK, err=True)


def key_of(form: Form, file: Path | None) -> bytes:
    """The shared key. Raises OperatorError."""
    if (form is Form.HMAC) != (file is not None):
        raise OperatorError("--hash hmac and --shared-key-file go together.")
    if file is None:
        return b""
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from error
    if len(key) < MIN_KEY:
        raise OperatorError(f"The shared key has {len(key)} bytes: give it at least {MIN_KEY} random ones.")
    return key


def progress(count: int) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        typer.echo(f"\r{count:,} handles", err=True, nl=False)


def text_of(rows: Iterable[tuple[str, str]], channel: ChannelKind, layout: Layout) -> str:
    """The whole file."""
    if layout is Layout.JSONL:
        return "".join(json.dumps({"handle": value, "channel": str(channel), "reason": reason}) + "\n"
                       for value, reason in rows)
    made = io.StringIO()
    lines = csv.writer(made, lineterminator="\n")
    lines.writerow(("handle", "channel", "reason"))
    lines.writerows((value, channel, reason) for value, reason in rows)
    return made.getvalue()


def replace(out: Path, text: str) -> None:
    """Write beside it, then rename: nobody ever reads half a list. Readable by its owner alone."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(out)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}.") from error
