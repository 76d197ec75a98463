"""`consentry webhooks`: who is told of changes, how far they were told, and what they said that they have."""

from __future__ import annotations

import json
import uuid
from typing import Annotated, Any

import typer

from bot.bootstrap import recipients
from bot.cli.common import DEFAULT, Config, opened
from bot.clock import system_clock
from bot.errors import OperatorError
from bot.settings import Settings, load
from bot.webhooks import headers, written
from bot.workers.webhooks import Recipient
from storage.records import DeliveryStatus
from storage.unit_of_work import UnitOfWork

app = typer.Typer(no_args_is_help=True, help="Who is told of changes, and how far they were told.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def named(settings: Settings, name: str) -> Recipient:
    """The recipient of the settings. Raises OperatorError."""
    found = next((each for each in recipients(settings) if each.name == name), None)
    if found is None:
        known = ", ".join(hook.name for hook in settings.webhooks) or "none"
        raise OperatorError(f"There is no [[webhooks]] called {name} in the settings; there are: {known}.")
    return found


@app.command("list")
def list_(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Each recipient: how many changes it has, how many wait, how many were given up, and why it waits."""
    settings = load(config)
    with opened(config) as store, store.reader() as uow:
        found = [state_of(hook.name, uow) for hook in settings.webhooks]
    for told in found:
        typer.echo(json.dumps(told) if as_json else in_words(told))
    if not found and not as_json:
        typer.echo("Nobody is told: add [[webhooks]] to the settings.", err=True)


def state_of(name: str, uow: UnitOfWork) -> dict[str, Any]:
    """Where one recipient stands. `behind`: entries of the ledger not looked at yet."""
    counts, cursor = uow.deliveries.count(name), uow.deliveries.cursor(name)
    head = next(iter(uow.deliveries.open(name, 1)), None)
    return {"name": name, "acknowledged": counts.get(DeliveryStatus.ACKNOWLEDGED, 0),
            "waiting": counts.get(DeliveryStatus.QUEUED, 0) + counts.get(DeliveryStatus.SENDING, 0),
            "dead": counts.get(DeliveryStatus.DEAD, 0), "gone": head is not None and head.status is DeliveryStatus.GONE,
            "behind": uow.changes.newest() - cursor if cursor is not None else None,
            "attempts": head.attempts if head else 0, "error": head.error if head else None,
            "next_try": head.not_before.isoformat() if head and head.not_before else None}


def in_words(told: dict[str, Any]) -> str:
    """One line."""
    if told["behind"] is None:
        return f"{told['name']:20} was never told anything yet: `consentry run` begins"
    words = (f"{told['name']:20} {told['acknowledged']} acknowledged, {told['waiting']} waiting, {told['dead']} dead, "
             f"{told['behind']} behind")
    if told["gone"]:
        return f"{words}; it answered 410 and is told nothing more before `consentry webhooks replay {told['name']}`"
    return f"{words}; {told['attempts']} tries: {told['error']}" if told["error"] else words


@app.command()
def replay(
    name: str, config: Config = DEFAULT,
    after: Annotated[int | None, typer.Option(min=0, help="Tell everything after this sequence again; default: from "
                                                          "the first that was given up.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how much it would be, and change nothing.")] = False,
) -> None:
    """Tell a recipient again, in order, with the same webhook-ids; what it acknowledged stays on record."""
    named(load(config), name)
    with opened(config) as store, store.unit_of_work() as uow:
        first = uow.deliveries.oldest_dead(name)
        start = after if after is not None else first - 1 if first is not None else None
        if start is None:
            raise OperatorError(f"Nothing was given up for {name}: say from where with --after.")
        newest = uow.changes.newest()
        if start > newest:
            raise OperatorError(f"The newest entry is {newest}: --after must be below it.")
        if not dry_run:
            uow.deliveries.begin(name, start)
            uow.deliveries.replay(name, start)
            uow.commit()
    typer.echo(f"{name} {'would be' if dry_run else 'is'} told again of what came after {start}: up to "
               f"{newest - start} changes.")


@app.command("test")
def try_(name: str, config: Config = DEFAULT) -> None:
    """Send one signed message of the type webhook.test, and say what came back; exit status 1 when it was not 2xx."""
    recipient, now = named(load(config), name), system_clock()
    message_id = f"test-{uuid.uuid4()}"
    body = written("webhook:test", now, {"recipient": name})
    outcome = recipient.sender.post(body, headers(recipient.secret, message_id, now, body))
    recipient.sender.close()
    if not outcome.acknowledged:
        typer.echo(f"{name} does not acknowledge: {outcome.error}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{name} answered {outcome.status}.")


@app.command()
def acknowledgements(party: str, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Which recipients were told of which change of this party, and since when they have it (GDPR 19)."""
    with opened(config, read_only=True) as store, store.reader() as uow:
        found = uow.deliveries.of_party(party)
    for item, change in found:
        since = item.acknowledged_at.isoformat() if item.acknowledged_at else None
        told = {"sequence": change.sequence, "event": str(change.tag), "purpose": change.purpose,
                "channel": change.channel, "recipient": item.subscriber, "acknowledged_at": since,
                "status": str(item.status)}
        typer.echo(json.dumps(told) if as_json else
                   f"{change.sequence:>8}  {change.tag:20}{change.purpose:16}{change.channel:8}{item.subscriber:20}"
                   f"{since or f'not yet ({item.status})'}")
    if not found and not as_json:
        typer.echo("No recipient was told of a change of this party.", err=True)
