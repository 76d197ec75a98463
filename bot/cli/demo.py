"""`consentry demo`: the whole bot on a temporary store, a local LMTP door and a mail sink; some 25 mails."""

import logging
import re
import secrets
import smtplib
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import typer
from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console
from rich.table import Table

from bot import log
from bot.bootstrap import App, build
from bot.channels.door import Listener
from bot.cli.demo_mails import MAILS, bounce, complaint, eml
from bot.settings import Settings
from bot.settings import build as settings_from
from storage.records import InboxStatus, OutboxStatus
from storage.verify import verify

OURS = "privacy@shop.example"


class Sink:
    """Takes every answer."""

    def __init__(self) -> None:
        """Empty."""
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it."""
        self.mails.append(envelope.original_content or b"")
        return "250 OK"


def settings_for(folder: Path, sink_port: int) -> Settings:
    """The demo shop."""
    return settings_from({
        "controller": {"name": "Demo Shop", "contact": OURS, "authority": "CNIL",
                       "authority_url": "https://www.cnil.fr/plaintes"},
        "mail": {"address": OURS, "from_name": "Demo Shop"},
        "storage": {"url": f"sqlite:///{folder}/demo.sqlite3"}, "secret": secrets.token_hex(32),
        "purposes": {"newsletter": ["newsletter"], "offers": ["offres", "offers"]},
        "lmtp": {"enabled": True, "port": 0}, "smtp": {"host": "127.0.0.1", "port": sink_port},
    })


def feed(app: App, sink: Sink) -> None:
    """Send every mail by LMTP, then a bounce and a complaint about what was answered."""
    with smtplib.LMTP("127.0.0.1", app.receiver.port) as client:
        for number in range(len(MAILS)):
            client.sendmail(MAILS[number][0], [OURS], eml(number))
        settle(app)
        for report, answer in zip((bounce, complaint), sorted(sink.mails), strict=False):
            client.sendmail("", [OURS], report(answer))
        settle(app)


def settle(app: App) -> None:
    """Wait until everything is decided and sent."""
    limit = time.monotonic() + 60
    tick = threading.Event()
    while time.monotonic() < limit:
        with app.store.unit_of_work() as uow:
            sent = uow.outbox.count()
            busy = uow.inbox.count().get(InboxStatus.PENDING, 0)
        if not busy and not sent.get(OutboxStatus.QUEUED) and not sent.get(OutboxStatus.SENDING):
            return
        tick.wait(0.05)


def show(app: App, console: Console) -> bool:
    """The table, and the ledger's verification; True when it verifies."""
    table = Table("message", "understood", "decided", "answered")
    with app.store.unit_of_work() as uow:
        items = list(reversed(uow.inbox.list(list(InboxStatus), 100)))
        report = verify(uow.ledger.entries(limit=10_000))
    for item in items:
        told = item.explanation or {}
        if not told:
            table.add_row(item.external_id, "-", f"failed: {item.stage}", "-")
            continue
        words = " ".join(str(told["message"]["fresh_text"]).split())[:44]
        reply = told["reply"]["template"] if told["reply"] else f"none: {told['silence']}"
        table.add_row(words, ", ".join(told["understanding"]["intents"]),
                      ", ".join(step["action"] for step in told["decision"]["steps"]), reply)
    console.print(table)
    console.print(f"ledger: {report.count} entries, {'verified' if report.ok else report.reason}")
    return report.ok


def demo(picture: Annotated[Path | None, typer.Option(help="Save the table as an SVG picture too.")] = None) -> None:
    """Run the bot on sample mails and show what it did; everything is in a temporary folder."""
    log.configure(level=logging.WARNING)
    console, sink = Console(width=140, record=picture is not None), Sink()
    with tempfile.TemporaryDirectory() as folder:
        controller = Listener(sink, hostname="127.0.0.1", port=0)
        controller.start()
        app = build(settings_for(Path(folder), controller.port))
        app.local.start()
        try:
            feed(app, sink)
            good = show(app, console)
        finally:
            app.close()
            controller.stop()
    console.print(f"{len(sink.mails)} answers reached the mail sink.\n"
                  "Next: `consentry init` writes the settings of your own bot, `consentry try MAIL.eml` explains one;\n"
                  "bot/pipeline.py is where to start reading the code.")
    if picture is not None:
        drawn = console.export_svg(title="consentry demo")
        picture.write_text(re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.S), "utf-8")  # no fonts from elsewhere
    if not good:
        raise SystemExit(1)
