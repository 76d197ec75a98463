"""`consentry inbox`: what was received, and what waits for a person."""

from __future__ import annotations

import getpass
import json
from typing import Annotated

import typer

from bot.bootstrap import reviewing
from bot.cli.common import DEFAULT, Config, opened, say_outcome
from bot.errors import OperatorError
from bot.settings import load
from nlp.intents import Intent
from storage.records import InboxItem, InboxStatus

app = typer.Typer(no_args_is_help=True, help="What was received, and what waits for a person.")


@app.command("list")
def list_(config: Config = DEFAULT,
          status: Annotated[list[InboxStatus] | None, typer.Option(help="Only these.")] = None,
          limit: Annotated[int, typer.Option(min=1)] = 50,
          as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Newest first: id, status, when, the row of the decision table and why."""
    with opened(config) as store, store.unit_of_work() as uow:
        items = uow.inbox.list(status or list(InboxStatus), limit)
    for item in items:
        told = told_of(item)
        when = f"{item.received_at:%Y-%m-%d %H:%M}"
        typer.echo(json.dumps(told, ensure_ascii=False) if as_json else
                   f"{told['id']}  {told['status']:8}{when}  {told['row']:20}{told['reason']}")
    if not items and not as_json:
        typer.echo("Nothing here." if status else "Nothing was received yet.", err=True)


def told_of(item: InboxItem) -> dict[str, str]:
    """One item in a line: what was decided and why, or where it failed."""
    decision = (item.explanation or {}).get("decision", {})
    failed = f"failed in {item.stage}: `consentry inbox show {item.id}`" if item.stage else "not decided yet"
    return {"id": item.id, "status": str(item.status), "received": item.received_at.isoformat(),
            "row": decision.get("row", "-"), "reason": decision.get("reason", failed)}


@app.command()
def show(item_id: str, config: Config = DEFAULT) -> None:
    """Everything about one item, as JSON."""
    with opened(config) as store, store.unit_of_work() as uow:
        item = uow.inbox.get(item_id)
    if item is None:
        raise OperatorError(f"There is no item {item_id}: see `consentry inbox list`.")
    typer.echo(json.dumps({"id": item.id, "status": str(item.status), "stage": item.stage, "error": item.error,
                           "explanation": item.explanation}, ensure_ascii=False, indent=2, default=str))


@app.command()
def release(item_id: str, config: Config = DEFAULT) -> None:
    """Make a held or failed item pending again."""
    with opened(config) as store, store.unit_of_work() as uow:
        if not uow.inbox.release(item_id):
            raise OperatorError(f"{item_id} is neither held nor failed: see `consentry inbox list`.")
        uow.commit()
    typer.echo("Pending again.")


@app.command()
def decide(
    item_id: str,
    intents: Annotated[list[Intent], typer.Argument(help="What it wants; `other` when it wants nothing of this.")],
    config: Config = DEFAULT,
    by: Annotated[str | None, typer.Option(help="Who decides; default: your login name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")] = False,
) -> None:
    """Say what a held or failed message wants: it is carried out, answered, and kept as an example to learn from."""
    from bot.review import Verdict, review  # loads what reads scopes: a second that `--help` need not wait

    verdict = Verdict(item_id, tuple(intents), by or login())
    with opened(config) as store:
        told = review(verdict, reviewing(load(config), store), dry_run=dry_run)
    say_outcome(told, done=not dry_run)


def login() -> str:
    """Who runs this; "" where the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no such user
        return ""
