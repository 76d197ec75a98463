"""`consentry demo`: the whole bot on a temporary store, a local LMTP door and a mail sink; some 25 mails."""

import secrets
import smtplib
import tempfile
import threading
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console
from rich.table import Table

from bot.bootstrap import App, build
from bot.channels.lmtp import Listener, free_port
from bot.cli.demo_mails import MAILS, eml
from bot.settings import Settings
from bot.settings import build as settings_from
from storage.records import InboxStatus, OutboxStatus
from storage.verify import verify


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
        "controller": {"name": "Demo Shop", "contact": "privacy@shop.example", "authority": "CNIL",
                       "authority_url": "https://www.cnil.fr/plaintes"},
        "mail": {"address": "privacy@shop.example", "from_name": "Demo Shop"},
        "storage": {"url": f"sqlite:///{folder}/demo.sqlite3"}, "secret": secrets.token_hex(32),
        "purposes": {"newsletter": ["newsletter"], "offers": ["offres", "offers"]},
        "lmtp": {"enabled": True, "port": free_port("127.0.0.1")}, "smtp": {"host": "127.0.0.1", "port": sink_port},
    })


def feed(app: App) -> None:
    """Send every mail by LMTP, then wait until everything is decided and sent."""
    with smtplib.LMTP("127.0.0.1", app.receiver.port) as client:
        for number in range(len(MAILS)):
            client.sendmail(MAILS[number][0], ["privacy@shop.example"], eml(number))
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
        reply = told["reply"]["template"] if told["reply"] else f"({told['silence']})"
        table.add_row(words, ", ".join(told["understanding"]["intents"]),
                      ", ".join(step["action"] for step in told["decision"]["steps"]), reply)
    console.print(table)
    console.print(f"ledger: {report.count} entries, {'verified' if report.ok else report.reason}")
    return report.ok


def demo() -> None:
    """Run the bot on sample mails and show what it did."""
    console, sink = Console(width=140), Sink()
    with tempfile.TemporaryDirectory() as folder:
        controller = Listener(sink, hostname="127.0.0.1", port=free_port("127.0.0.1"))
        controller.start()
        app = build(settings_for(Path(folder), controller.port))
        app.local.start()
        try:
            feed(app)
            good = show(app, console)
        finally:
            app.close()
            controller.stop()
    console.print(f"{len(sink.mails)} answers reached the mail sink. Next: consentry init, then bot/pipeline.py.")
    if not good:
        raise SystemExit(1)
