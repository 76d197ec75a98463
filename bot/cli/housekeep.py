"""`consentry housekeep`: what the service does once a day, now; or what it would do."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from bot.audit import Auditing, audit, terms_of
from bot.cli.common import DEFAULT, Config, opened
from bot.clock import system_clock
from bot.controller import operator_of
from bot.expiring import expire_some
from bot.policy.audit_words import said
from bot.retention import due, kept
from bot.settings import Settings, load
from bot.workers.daily import Done, daily
from storage.dossier_records import Ending
from storage.records import Pile
from storage.store import Store

ALL_OF_THEM = 1_000_000_000
ENDINGS = {Ending.TIME: "consents whose time is over", Ending.PHONE_YEAR: "French telephone consents a year old",
           Ending.SILENCE: "requests that nobody answered in time: silence is no"}


def housekeep(
    config: Config = DEFAULT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """End consents whose time is over, judge old contacts again, take out what is over."""
    settings = load(config)
    with opened(config) as store:
        done = _would(settings, store) if dry_run else daily(settings, store.unit_of_work, store.reader,
                                                             system_clock())
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(done) | {"dry_run": dry_run}))
        return
    _say(done, dry_run=dry_run)


def _would(settings: Settings, store: Store) -> Done:
    """The same, rolled back; the audit judges what is there now."""
    now, operator, rows = system_clock(), operator_of(settings), kept(settings)
    ended = {}
    for ending in Ending:
        with store.unit_of_work() as uow:
            ended[ending.value] = expire_some(uow, ending, operator, now, ALL_OF_THEM)
    piles = {}
    if settings.audit.nightly:
        summary = audit(Auditing(store.reader, store.unit_of_work, terms_of(settings), now, keep=False))
        piles = {pile.value: summary.total(pile) for pile in Pile}
    with store.reader() as uow:
        over = due(uow, rows, now) if settings.retention.nightly else []
    files = settings.retention.nightly_files
    return Done(ended, piles, {each.row.id: each.count for each in over
                               if each.count and (files or each.row.does != "file")})


def _say(done: Done, *, dry_run: bool) -> None:
    typer.echo("Would end:" if dry_run else "Ended:")
    for ending in Ending:
        typer.echo(f"{done.ended.get(ending.value, 0):>11,}  {ENDINGS[ending]}")
    if done.piles:
        typer.echo("Claims by pile:")
        for pile in Pile:
            typer.echo(f"{done.piles.get(pile.value, 0):>11,}  {said('pile', pile, 'en').lower()}")
    typer.echo("Would go by the retention table:" if dry_run else "Gone by the retention table:")
    for name, count in done.taken_out.items():
        typer.echo(f"{count:>11,}  {name}")
    if not done.taken_out:
        typer.echo(f"{'nothing':>11}")
