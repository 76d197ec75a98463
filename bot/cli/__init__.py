"""The command line: one module per verb. An OperatorError is one sentence on stderr and exit status 2."""

from __future__ import annotations

import sys

import typer

from bot.cli import (
    api_key,
    audit,
    campaign,
    classify,
    demo,
    erase,
    housekeep,
    import_,
    inbox,
    init,
    ledger,
    model,
    party_files,
    proof,
    receipt,
    regimes,
    retention,
    run,
    suppression,
    try_,
    webhooks,
    worker,
)
from bot.errors import ConsentryError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Reads a privacy mailbox, changes the consent store, keeps the proof and answers.")
app.command("init")(init.init)
app.command("run")(run.run)
app.command("worker")(worker.worker)
app.command("try")(try_.try_)
app.command("classify")(classify.classify)
app.command("demo")(demo.demo)
app.command("erase")(erase.erase)
app.command("proof")(proof.proof)
app.command("receipt")(receipt.receipt_)
app.command("audit")(audit.audit_)
app.command("retention")(retention.retention)
app.command("housekeep")(housekeep.housekeep)
app.add_typer(campaign.app, name="campaign")
app.add_typer(import_.app, name="import")
app.add_typer(party_files.app, name="party")
app.add_typer(inbox.app, name="inbox")
app.add_typer(ledger.app, name="ledger")
app.add_typer(model.app, name="model")
app.add_typer(regimes.app, name="regimes")
app.add_typer(api_key.app, name="api-key")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(suppression.app, name="suppression")


def main() -> None:
    """Entry point."""
    try:
        app()
    except ConsentryError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
