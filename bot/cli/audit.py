"""`consentry audit`: what every old contact is worth, in four piles; on screen, as CSV, as a page with charts."""

from __future__ import annotations

import csv
import gc
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from bot.audit import Auditing, Scope, audit, terms_of
from bot.audit_page import page
from bot.audit_summary import Line, Summary
from bot.cli.common import DEFAULT, Config, opened
from bot.cli.progress import bar
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.policy.audit_words import said
from bot.policy.deadlines import zone_of
from bot.settings import Settings, load
from bot.wording import channels, purposes
from storage.records import Capacity, ChannelKind, Pile
from storage.store import Store

COLUMNS = ("party", "capacity", "country", "purpose", "channel", "pile", "reasons", "last_contact")
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes what begins so for a formula


def audit_(
    config: Config = DEFAULT,
    purpose: Annotated[str | None, typer.Option(help="Only this purpose.")] = None,
    channel: Annotated[ChannelKind | None, typer.Option(help="Only this channel.")] = None,
    capacity: Annotated[Capacity | None, typer.Option(help="Only these files.")] = None,
    on: Annotated[str, typer.Option(help="As it would be judged on this day, YYYY-MM-DD; nothing is kept.")] = "",
    table: Annotated[Path | None, typer.Option("--csv", help="One line for each claim.")] = None,
    html: Annotated[Path | None, typer.Option(help="A page with charts.")] = None,
    language: Annotated[str, typer.Option(help="Of the page and the words: fr or en; default: the first of the "
                                               "controller's languages.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge, and keep nothing.")] = False,
) -> None:
    """Judge every claim of consent by its evidence: keep, ask, suppress or delete, with the reasons."""
    settings = load(config)
    at, other_day = _moment(on)
    lang = _language(language, settings)
    keep, scope = not (dry_run or other_day), Scope(purpose, channel, capacity)
    zone = ZoneInfo(zone_of(settings.controller.country))
    with opened(config, read_only=not keep) as store, _lines(table, zone) as write:
        summary = _audited(store, settings, at, scope, keep=keep, write=write)
    if html is not None:
        _written(html, page(summary, settings, lang, at, scope))
    if as_json:
        typer.echo(json.dumps({"at": at.isoformat(), "kept": keep} | dict(summary.as_data()), ensure_ascii=False))
        return
    _show(summary, lang)
    why = f"as of {on}, so nothing is kept" if other_day else "a dry run, so nothing is kept" if dry_run else "kept"
    Console(highlight=False, soft_wrap=True).print(
        f"{summary.claims:,} claims of {summary.parties:,} parties judged: {why}.")


def _audited(store: Store, settings: Settings, at: datetime, scope: Scope, *, keep: bool,
             write: Callable[[Line], object]) -> Summary:
    with store.reader() as uow:
        total = uow.audits.count()
    gc.freeze()  # the program itself is not searched for garbage again and again: a seventh of the time
    with bar("Auditing", total) as told:
        return audit(Auditing(store.reader, store.unit_of_work, terms_of(settings), at, scope, keep, told, write))


def _moment(on: str) -> tuple[datetime, bool]:
    """The end of the day, and whether it is another one than today. Raises OperatorError."""
    now = system_clock()
    try:
        day = date.fromisoformat(on) if on else now.date()
    except ValueError as error:
        raise OperatorError(f"{on} is not a day: write it as 2026-11-23.") from error
    if day == now.date():
        return now, False
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(seconds=1), True


def _language(wanted: str, settings: Settings) -> str:
    language = wanted or settings.controller.languages[0]
    if wanted not in ("", "fr", "en"):
        raise OperatorError(f"{wanted} is not a language of the audit: write fr or en.")
    return language if language in ("fr", "en") else "en"


@contextmanager
def _lines(path: Path | None, zone: ZoneInfo) -> Iterator[Callable[[Line], object]]:
    """What writes a line of the CSV; nothing without a file. The file is whole or not there. Raises OperatorError."""
    if path is None:
        yield lambda line: None
        return
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("w", encoding="utf-8-sig", newline="") as file:
            yield _writer(file, zone)
        half.replace(path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def _writer(file: IO[str], zone: ZoneInfo) -> Callable[[Line], object]:
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(COLUMNS)

    def write(line: Line) -> None:
        contact = line.last_contact.astimezone(zone).date().isoformat() if line.last_contact is not None else ""
        rows.writerow((line.party_id, line.capacity, line.country, _safe(line.purpose), line.channel, line.pile,
                       " ".join(line.reasons), contact))
    return write


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(RISKY) else text


def _written(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.part")
    try:
        half.write_text(text, "utf-8")
        os.replace(half, path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error


def _show(summary: Summary, language: str) -> None:
    """The piles by channel and purpose, then the reasons."""
    console = Console(highlight=False, markup=False)
    french = language == "fr"
    piles = Table("canal" if french else "channel", "finalité" if french else "purpose",
                  *(said("pile", pile, language) for pile in Pile))
    for column in piles.columns[2:]:
        column.justify = "right"
    for channel, purpose in sorted({key[:2] for key in summary.piles}):
        piles.add_row(_channel(channel, language), purposes([purpose], language)[0],
                      *_figures([summary.piles[channel, purpose, pile] for pile in Pile]))
    piles.add_section()
    piles.add_row("total", "", *_figures([summary.total(pile) for pile in Pile]))
    console.print(piles)
    for pile in Pile:
        _show_reasons(console, summary, pile, language)
    if summary.lacks:
        console.print("Ce qui manque, et ce qui peut se faire" if french else "What is missing, and what may be done")
    for code, count in summary.lacks.most_common():
        console.print(f"{count:>11,}  {code}: {said('reason', code, language)}", soft_wrap=True)


def _show_reasons(console: Console, summary: Summary, pile: Pile, language: str) -> None:
    """One pile: each reason with its count, its words, and parties to look at."""
    found = [(code, count) for (each, code), count in summary.reasons.items() if each is pile]
    if found:
        console.print(f"{said('pile', pile, language)}: {said('meaning', pile, language)}", soft_wrap=True)
    for code, count in sorted(found, key=lambda each: (-each[1], each[0])):
        console.print(f"{count:>11,}  {code}: {said('reason', code, language)}", soft_wrap=True)
        console.print(f"{'':13}{'p. ex.' if language == 'fr' else 'e.g.'} {summary.examples[pile, code][0]}",
                      soft_wrap=True)


def _figures(counts: Sequence[int]) -> list[str]:
    return [f"{count:,}" if count else "·" for count in counts]


def _channel(name: str, language: str) -> str:
    return ("tous" if language == "fr" else "all") if name == "all" else channels([name], language)[0]
