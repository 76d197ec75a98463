"""`consentry import`: contacts and suppressions from files; a rehearsal first, and nothing twice."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.bootstrap import open_storage
from bot.cli.common import DEFAULT, Config
from bot.clock import ordered_id, system_clock
from bot.errors import OperatorError
from bot.importing import lines as file_lines
from bot.importing import mapping as mappings
from bot.importing import propose, report, suppressions, xlsx
from bot.importing.contact import Reader
from bot.importing.plan import Run
from bot.importing.run import Job, interrupted, rehearse, write
from bot.importing.sidefile import SideFile
from bot.importing.source import Source, look
from bot.policy.deadlines import ZONES
from bot.policy.load import regime_for
from bot.settings import Settings, load
from storage.import_records import ImportRun
from storage.records import ALL, Capacity, ChannelKind
from storage.store import Store

app = typer.Typer(no_args_is_help=True, help="Take in contacts, or noes, from files.")
File = Annotated[Path, typer.Argument(help="CSV, XLSX or JSON Lines.")]
By = Annotated[str, typer.Option(help="Who is in charge of it, for the ledger; default: your login name.")]
Rehearsal = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and stop.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not rehearse, do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="The report as JSON.")]
Rejects = Annotated[Path | None, typer.Option(help="Where rows go that cannot be taken in; default: FILE.rejects.csv.")]
Counts = Mapping[str, Any]
REPORT = ("line", "outcome", "capacity", "hint", "stays blocked", "reason")


@app.command()
def contacts(
    file: File,
    mapping: Annotated[Path | None, typer.Option("--mapping", "-m", help="What the columns mean; "
                                                 "`consentry import mapping FILE` proposes one.")] = None,
    config: Config = DEFAULT,
    dry_run: Rehearsal = False,
    yes: Yes = False,
    consents: Annotated[bool, typer.Option("--consents", help="Claims about people already known count too; "
                                           "their noes always do.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Read a file once more that was taken in.")] = False,
    as_json: AsJson = False,
    rejects: Rejects = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="A CSV with what becomes of each row.")] = None,
    by: By = "",
) -> None:
    """Take in contacts. First a rehearsal that writes nothing; then, when you agree, the same for good."""
    settings = load(config)
    chosen = _mapping(mapping, file)
    source = look(file, chosen.encoding, chosen.delimiter)
    names = file_lines.header(source, chosen.sheet)
    mappings.check(chosen, names, list(settings.purposes), str(file))
    marks = hashlib.sha256(f"{chosen.model_dump_json()}{consents}".encode()).hexdigest()
    store = open_storage(settings, ids=ordered_id)
    try:
        state = interrupted(store.reader, source.hash, marks, again=again) or ImportRun(
            ordered_id(), source.hash, file.name, 0, {}, system_clock(), by or getuser())
        state = _stamped(state, marks)
        made = _Made(settings, chosen, names, source, state, consents, rejects, report_file, again)
        if not yes:
            rehearsed = made.rehearse(store)
            _show(rehearsed.counts, done=False, as_json=as_json and dry_run, made=made)
            if dry_run or not _agreed(rehearsed.counts):
                return
        done = made.write(store)
        _show(done.counts, done=True, as_json=as_json, made=made)
    finally:
        store.close()


def _stamped(state: ImportRun, marks: str) -> ImportRun:
    return ImportRun(state.id, state.file_hash, state.name, state.line, {**state.counts, "settings": marks},
                     state.started_at, state.by)


def _mapping(path: Path | None, file: Path) -> mappings.Mapping:
    if path is not None:
        return mappings.load(path)
    raise OperatorError(f"Which column means what? `consentry import mapping {file} > mapping.toml` proposes it; read "
                        "it, then give --mapping mapping.toml.")


class _Made:
    """The job of one command, made for a rehearsal and made anew for the real run."""

    def __init__(self, settings: Settings, mapping: mappings.Mapping, names: list[str], source: Source,
                 state: ImportRun, consents: bool, rejects: Path | None, report_file: Path | None,
                 again: bool) -> None:
        self.settings, self.mapping, self.names, self.source = settings, mapping, names, source
        self.state, self.consents, self.report_file, self.again = state, consents, report_file, again
        self.rejects = rejects or source.path.with_name(f"{source.path.name}.rejects.csv")
        self.refused = 0

    def rehearse(self, store: Store) -> ImportRun:
        with self._job("reading") as job:
            return rehearse(job, self.state, store.reader)

    def write(self, store: Store) -> ImportRun:
        with self._job("writing") as job:
            return write(job, self.state, store.unit_of_work, system_clock)

    @contextmanager
    def _job(self, verb: str) -> Iterator[Job]:
        mapping, country = self.mapping, self.mapping.default_country or self.settings.controller.country
        reader = Reader(
            mapping, self.names, country, mapping.time_zone or ZONES.get(country, "UTC"),
            self.settings.controller.languages[0], self.state.started_at,
            xlsx.from_1904(self.source.path) if self.source.kind == "xlsx" else None)
        run = Run(id=self.state.id, file_hash=self.source.hash, by=f"staff:{self.state.by}", at=self.state.started_at,
                  consents=self.consents, again=self.again, country=country, new_id=ordered_id,
                  regime=_regimes(self.state.started_at))
        with ExitStack() as stack:
            side = stack.enter_context(SideFile(self.rejects, ("line", "what", "reason", *self.names), self.state.line))
            told = stack.enter_context(SideFile(self.report_file, REPORT, self.state.line)) \
                if self.report_file else None
            yield Job(self.source, reader, run, side, told, stack.enter_context(_bar(verb)), mapping.sheet)
            self.refused = side.count


def _regimes(at: datetime) -> Callable[[str, str, Capacity], str]:
    @cache
    def regime(country: str, channel: str, capacity: Capacity) -> str:
        kind = ChannelKind.EMAIL if channel == ALL else ChannelKind(channel)
        return regime_for(country, kind, capacity, at.date())
    return regime


@contextmanager
def _bar(verb: str) -> Iterator[Callable[[int], object]]:
    """How far it is, on a terminal."""
    with Bar(SpinnerColumn(), TextColumn("{task.description} {task.completed:,} rows"), TimeElapsedColumn(),
             console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(verb, total=None)
        yield lambda count: bar.update(task, completed=count)


def _show(counts: Counts, *, done: bool, as_json: bool, made: _Made) -> None:
    shown = {name: value for name, value in counts.items() if name != "settings"}
    if as_json:
        typer.echo(json.dumps({"done": done, "file": made.source.path.name, "sha256": made.source.hash, **shown}))
        return
    for line in report.lines(shown, done=done):
        typer.echo(line)
    if made.refused:
        typer.echo(f"Lines and reasons are in {made.rejects}.")


def _agreed(counts: Counts) -> bool:
    if not sys.stdin.isatty():
        typer.echo("Nothing was written: give --yes to take the file in.")
        return False
    return typer.confirm(f"Take these {counts.get('rows', 0):,} rows in?")


@app.command()
def mapping(file: File, config: Config = DEFAULT) -> None:
    """Propose what the columns mean, from their names and first rows; read it before you use it."""
    source = look(file)
    purposes = list(load(config).purposes) if config.exists() else []
    sys.stdout.write(propose.propose(source, file_lines.header(source), purposes))


@app.command("suppressions")
def suppressions_(
    file: File,
    config: Config = DEFAULT,
    purpose: Annotated[str, typer.Option(help="What the no is about; default: everything.")] = ALL,
    channel: Annotated[str, typer.Option(help="email, sms, phone, post, chat; default: every one.")] = ALL,
    country: Annotated[str, typer.Option(help="Of numbers that do not say theirs; default: the controller's.")] = "",
    dry_run: Rehearsal = False,
    as_json: AsJson = False,
    rejects: Rejects = None,
    by: By = "",
) -> None:
    """Add noes: one address or number a line, or in the first column. A no needs no mapping and is never refused
    for want of one."""
    settings = load(config)
    if purpose not in (*settings.purposes, ALL):
        raise OperatorError(f"{purpose} is no purpose: write {', '.join(settings.purposes)} or all.")
    if channel not in (*ChannelKind, ALL):
        raise OperatorError(f"{channel} is no channel: write one of {', '.join(ChannelKind)}, or all.")
    source = look(file)
    store = open_storage(settings, ids=ordered_id)
    try:
        side = SideFile(rejects or file.with_name(f"{file.name}.rejects.csv"), ("line", "reason", "value"))
        with side, _bar("reading") as progress:
            order = suppressions.Order(source, purpose, channel, country or settings.controller.country,
                                       f"staff:{by or getuser()}", system_clock(), _regimes(system_clock()),
                                       write=not dry_run)
            counts = suppressions.take_in(order, store.unit_of_work, side, progress)
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps({"done": not dry_run, **counts}))
        return
    verb = "would be suppressed" if dry_run else "are suppressed"
    typer.echo(f"{counts['added']:,} more {verb}; {counts['known']:,} were already; {counts['refused']:,} refused.")
    if side.count:
        typer.echo(f"Lines and reasons are in {side.path}.")
