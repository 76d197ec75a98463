"""`consentry erase`: a person is erased, and both what went and what was kept are said (GDPR 17)."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened
from bot.cli.inbox import login
from bot.cli.party import party_named, said
from bot.clock import system_clock
from bot.erasure import Erased, Order
from bot.erasure import erase as carry_out
from bot.errors import OperatorError
from bot.settings import load

WORDS = {"message": "their messages", "letter": "our messages to them (that they were sent stays)",
         "example": "learnt examples", "rights_request": "rights requests, of which the case stays",
         "handle": "addresses", "party": "file", "relation": "facts of the relation", "evidence": "claims of imports",
         "audited": "verdicts of the audit", "invitation": "invitations"}


def erase(
    party: Annotated[str, typer.Argument(help="A party's id, or email:ADDRESS; - asks, or reads standard input.")],
    reason: Annotated[str, typer.Option(help="Why, without names: it stays in the ledger for good.")],
    config: Config = DEFAULT,
    by: Annotated[str | None, typer.Option(help="Who decides; default: your login name.")] = None,
    without_archive: Annotated[bool, typer.Option("--without-archive", help="Keep no message, not even those that "
                                                                            "prove a consent or a refusal.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Erase a person for good. The chain still verifies, a no stays a no, and proof is archived, sealed."""
    settings, whole, name = load(config), True, said(party)
    with opened(config) as store:
        with store.unit_of_work() as uow:
            order = Order(party_named(name, uow), reason, by or login(), not without_archive,
                          settings.proof.archive_years)
            told = carry_out(order, uow, system_clock())
        if not dry_run and not told.already:
            _confirm(yes=yes)
            with store.unit_of_work() as uow:  # again: nobody is kept waiting while you think
                told = carry_out(order, uow, system_clock())
                uow.commit()
        if not dry_run:
            whole = store.shred()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(told) | {"dry_run": dry_run, "shredded": whole and not dry_run}))
    else:
        _say(told, dry_run=dry_run)
    if not whole:
        raise OperatorError("The database's log still holds what was erased, because somebody was reading: give the "
                            f"same command with {told.party_id} again in a moment.")


def _confirm(*, yes: bool) -> None:
    """Ask whoever sits there; a script said it with the command. Raises Abort."""
    if not yes and sys.stdin.isatty():
        typer.confirm("This cannot be undone. Erase?", abort=True, err=True)


def _say(told: Erased, *, dry_run: bool) -> None:
    """What went, what was kept and why, and what is not ours to erase."""
    if told.already:
        typer.echo("Nothing is left of this person: they were erased before.")
        return
    typer.echo("Would go:" if dry_run else "Gone:")
    for name, count in told.gone.items():
        if count:
            typer.echo(f"  {count:>5}  {WORDS[name]}")
    typer.echo("         the key of their ledger entries: what was sealed in them is unreadable")
    typer.echo("Kept:")
    kept = ((told.entries, "ledger entries, without personal data: the chain verifies (17(3)(b), 7(1))"),
            (told.suppressions, "suppressions, a keyed hash: a no holds (17(3)(b), 21(3))"),
            (told.archived, f"messages that prove a choice or a request, sealed, until {told.until} (17(3)(b), (e))"),
            (told.elsewhere, "messages that another file of the same address rests on"),
            (told.mentions, "messages of other people that name the address: look at them yourself"))
    for count, words in kept:
        if count:
            typer.echo(f"  {count:>5}  {words}")
    typer.echo("Not ours to erase: copies in your mailbox, in backups, in exports, in a model trained with their "
               "words, and with whom you shared the data (Art. 19).")
