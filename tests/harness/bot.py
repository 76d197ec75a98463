"""Settings and processes of a bot under test."""

import os
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels.lmtp import Listener, free_port

ROOT = Path(__file__).parents[2]
OURS = "privacy@shop.example"
TOML = """\
secret = "{secret}"
[controller]
name = "Shop"
contact = "privacy@shop.example"
[mail]
address = "privacy@shop.example"
[storage]
url = "{url}"
[purposes]
newsletter = ["newsletter"]
[lmtp]
enabled = true
port = {lmtp}
[smtp]
port = {smtp}
[http]
enabled = {http}
port = 0
[workers]
mode = "{mode}"
lease_seconds = 10
"""


class Sink:
    """Every answer, by Message-ID and by recipient."""

    def __init__(self) -> None:
        self.copies: Counter[tuple[str, str]] = Counter()
        self._changed = threading.Condition()
        self._listener = Listener(self, hostname="127.0.0.1", port=free_port("127.0.0.1"))
        self._listener.start()
        self.port = self._listener.port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        head = (envelope.original_content or b"").partition(b"\r\n\r\n")[0].decode()
        mark = next(line for line in head.split("\r\n") if line.startswith("Message-ID:"))
        with self._changed:
            for address in envelope.rcpt_tos:
                self.copies[address, mark] += 1
            self._changed.notify_all()
        return "250 OK"

    @property
    def answered(self) -> set[str]:
        """Who got something."""
        return {address for address, _ in self.copies}

    def wait(self, addresses: set[str], seconds: float) -> bool:
        """Until each got something; False when time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: addresses <= self.answered, seconds)

    def stop(self) -> None:
        self._listener.stop()


@dataclass
class Bot:
    """`consentry run`, and workers; each can be killed and started again."""

    folder: Path
    url: str
    smtp: int
    mode: str = "embedded"
    http: bool = False
    more: str = ""  # tables of the settings
    lmtp: int = field(default_factory=lambda: free_port("127.0.0.1"))

    def __post_init__(self) -> None:
        self.config = self.folder / "consentry.toml"
        written = TOML.format(secret="k" * 64, url=self.url, lmtp=self.lmtp, smtp=self.smtp, mode=self.mode,
                              http=str(self.http).lower())
        self.config.write_text(written + self.more)
        self.log = self.folder / "log"

    def start(self, verb: str = "run", crash_at: str = "", *words: str) -> subprocess.Popen[bytes]:
        """A process of its own; it may die at a named point."""
        with self.log.open("ab") as log:
            line = [sys.executable, "-m", "bot.cli", verb, "-c", str(self.config), *words]
            return subprocess.Popen(line, cwd=ROOT, stdout=log, stderr=log,
                                    env=os.environ | {"CONSENTRY_CRASH_AT": crash_at})


def end(process: subprocess.Popen[bytes], *, kill: bool = False) -> int:
    """Ask it to stop, or kill it; its exit status."""
    if kill:
        process.kill()
    else:
        process.terminate()
    return process.wait(60)


def deliver(port: int, mails: dict[str, bytes], stop: threading.Event) -> None:
    """A mail server's queue: each mail is offered until it is accepted."""
    waiting = list(mails.items())
    client: smtplib.LMTP | None = None
    while waiting and not stop.is_set():
        sender, raw = waiting[0]
        try:
            if client is None:
                client = smtplib.LMTP("127.0.0.1", port, timeout=30)
            client.sendmail(sender, [OURS], raw)
            waiting.pop(0)
        except (OSError, smtplib.SMTPException):
            if client is not None:
                client.close()
            client = None
            stop.wait(0.05)
    if client is not None:
        client.close()


def wait_until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Poll what nothing tells us about."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if true():
            return
        threading.Event().wait(0.05)
    raise TimeoutError
