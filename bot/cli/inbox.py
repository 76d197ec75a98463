"""`consentry inbox`: what was received, and what waits for a person."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.common import DEFAULT, Config, opened
from bot.errors import OperatorError
from storage.records import InboxStatus

app = typer.Typer(no_args_is_help=True, help="What was received, and what waits for a person.")


@app.command("list")
def list_(config: Config = DEFAULT,
          status: Annotated[list[InboxStatus] | None, typer.Option(help="Only these.")] = None,
          limit: Annotated[int, typer.Option(min=1)] = 50) -> None:
    """Newest first: id, status, when, and why."""
    with opened(config) as store, store.unit_of_work() as uow:
        for item in uow.inbox.list(status or list(InboxStatus), limit):
            row = (item.explanation or {}).get("decision", {}).get("row", item.stage or "")
            typer.echo(f"{item.id}  {item.status:8}{item.received_at:%Y-%m-%d %H:%M}  {row}")


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
