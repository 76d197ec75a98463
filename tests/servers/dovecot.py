"""A real Dovecot: IMAP with and without TLS, LMTP in; every user exists, with one password."""

import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient

from bot.channels.lmtp import free_port
from tests.servers import need
from tests.servers.certificates import make

PASSWORD = "open-sesame"
CONFIG = """\
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
# where the machine has no inotify watch left, IDLE looks by itself; the usual 30 seconds are long for a test
mailbox_idle_check_interval = 1 secs
{capability}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@people.example
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


@dataclass
class Dovecot:
    """One private instance. `idle` False: the server does not offer IDLE."""

    idle: bool = True
    move: bool = True
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dv")))
    imap: int = field(default_factory=lambda: free_port("127.0.0.1"))
    imaps: int = field(default_factory=lambda: free_port("127.0.0.1"))
    lmtp: int = field(default_factory=lambda: free_port("127.0.0.1"))

    def __post_init__(self) -> None:
        self._program = need("dovecot", "dovecot-imapd dovecot-lmtpd")
        self.folder.chmod(0o755)
        make(self.folder)
        (self.folder / "run").mkdir()
        mail = self.folder / "mail"
        mail.mkdir()
        shutil.chown(mail, "mail", "mail")
        offered = "IMAP4rev1 UIDPLUS LITERAL+" + " IDLE" * self.idle + " MOVE" * self.move
        (self.folder / "dovecot.conf").write_text(CONFIG.format(
            folder=self.folder, run=self.folder / "run", imap=self.imap, imaps=self.imaps, lmtp=self.lmtp,
            password=PASSWORD, capability="" if self.idle and self.move else f"imap_capability = {offered}"))

    @property
    def certificate(self) -> Path:
        """What a client must trust."""
        return self.folder / "server.pem"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen([self._program, "-F", "-c", str(self.folder / "dovecot.conf")],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in (self.imap, self.imaps, self.lmtp):
            self._answering(port)

    def _answering(self, port: int) -> None:
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                return
            except OSError:
                threading.Event().wait(0.02)
        log = (self.folder / "log").read_text() if (self.folder / "log").exists() else "no log"
        raise TimeoutError(f"Dovecot did not start: {log}")

    def stop(self) -> None:
        """End it; its mail stays for another start."""
        self._process.terminate()
        self._process.wait(30)

    def remove(self) -> None:
        """Nothing is left."""
        self.stop()
        shutil.rmtree(self.folder)

    def deliver(self, to: str, raw: bytes, sender: str = "") -> None:
        """Put a mail into somebody's mailbox, as a mail server would."""
        with smtplib.LMTP("127.0.0.1", self.lmtp, timeout=30) as client:
            client.sendmail(sender, [to], raw)

    def login(self, user: str, folder: str = "INBOX") -> IMAPClient:
        """A session on somebody's mailbox."""
        client = IMAPClient("127.0.0.1", self.imap, ssl=False, timeout=30)
        client.login(user, PASSWORD)
        client.select_folder(folder)
        return client

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Everything in a folder, oldest first."""
        with self.login(user, folder) as client:
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def wait_for(self, user: str, count: int, seconds: float = 60, folder: str = "INBOX") -> list[bytes]:
        """Until the folder holds that many mails, told by IDLE."""
        with self.login(user, folder) as client:
            limit = time.monotonic() + seconds
            while len(client.search()) < count and time.monotonic() < limit:
                if self.idle:
                    client.idle()
                    client.idle_check(timeout=1)
                    client.idle_done()
                else:
                    threading.Event().wait(0.1)  # nothing tells us: look again
                    client.noop()
        found = self.mails(user, folder)
        assert len(found) >= count, f"{len(found)} of {count} mails came"
        return found
