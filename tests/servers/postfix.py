"""A real Postfix of its own: takes mail by SMTP, delivers ours by LMTP to Consentry and people's to their server."""

import json
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.channels.lmtp import free_port
from tests.servers import need

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
myhostname = mx.shop.example
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
recipient_delimiter = +
smtp_host_lookup = native
disable_dns_lookups = yes
transport_maps = inline:{{ shop.example=lmtp:inet:127.0.0.1:{ours}, people.example=smtp:127.0.0.1:{people} }}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
message_size_limit = 62914560
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """One private instance. `ours`: Consentry's LMTP port; `people`: the SMTP port of everybody else's server."""

    ours: int
    people: int
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pf")))
    port: int = field(default_factory=lambda: free_port("127.0.0.1"))

    def __post_init__(self) -> None:
        need("postfix", "postfix")
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "etc/main.cf").write_text(MAIN.format(folder=self.folder, ours=self.ours, people=self.people))
        (self.folder / "etc/master.cf").write_text(MASTER.format(port=self.port))

    def _command(self, program: str, *words: str) -> str:
        line = [need(program, "postfix"), "-c", str(self.folder / "etc"), *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{done.stderr}\n{self.log}"
        return done.stdout

    @property
    def log(self) -> str:
        """What it has said so far."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else "no log"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._command("postfix", "start")
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                threading.Event().wait(0.05)
        raise TimeoutError(f"Postfix did not start: {self.log}")

    def remove(self) -> None:
        """Stop; nothing is left."""
        self._command("postfix", "stop")
        shutil.rmtree(self.folder)

    def submit(self, sender: str, to: str, raw: bytes) -> None:
        """Somebody sends a mail through it."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail(sender, [to], raw)

    def queued(self) -> list[dict[str, Any]]:
        """What waits, with its recipients and the reason."""
        return [json.loads(line) for line in self._command("postqueue", "-j").splitlines()]

    def flush(self) -> None:
        """Try everything that waits again, now."""
        self._command("postqueue", "-f")
