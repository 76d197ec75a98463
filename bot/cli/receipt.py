"""`consentry receipt`: what a person is given, as a page or for machines. Reads only."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened, parties_named
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.receipts import issue
from bot.receipts.kantara import kantara
from bot.receipts.page import page
from bot.receipts.record import File, receipt
from bot.settings import Settings, load


class Format(StrEnum):
    """In which form."""

    HTML = "html"
    JSONLD = "jsonld"  # ISO/IEC TS 27560 with DPV terms
    KANTARA = "kantara"  # Consent Receipt v1.1.0


def receipt_(
    party: Annotated[str, typer.Argument(help="A party's id, or email:ADDRESS; - reads it from standard input.")],
    config: Config = DEFAULT,
    form: Annotated[Format, typer.Option("--format", help="A page, or data.")] = Format.HTML,
    language: Annotated[str, typer.Option(help="Of the page; default: the party's.")] = "",
    out: Annotated[Path | None, typer.Option(help="A file, instead of standard output.")] = None,
) -> None:
    """The receipt of a party's choices; one for each capacity when a handle has two (several need --format html)."""
    settings = load(config)
    with opened(config, read_only=True) as store, store.reader() as uow:
        files = [file for each in parties_named(party, uow) if (file := issue.file_of(each.id, uow)) is not None]
    if len(files) > 1 and form is not Format.HTML:
        ids = ", ".join(f"{file.party.id} ({file.party.capacity})" for file in files)
        raise OperatorError(f"There are several files: give the id of one, {ids}.")
    text = "".join(_made(file, settings, form, language) for file in files)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error.strerror}.") from error


def _made(file: File, settings: Settings, form: Format, language: str) -> str:
    facts, now = issue.facts_of(settings), system_clock()
    number = issue.receipt_id(file, now)
    if form is Format.HTML:
        return page(file, settings, language or file.party.language or facts.language, now)
    if form is Format.KANTARA:
        return issue.as_text(kantara(file, facts, receipt_id=number, at=now))
    return issue.as_text(receipt(file, facts, receipt_id=number, at=now))
