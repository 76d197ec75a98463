"""Mail in by IMAP (RFC 9051): one connection and one thread for each mailbox, IDLE or polling.

A mail is fetched without being marked read, stored and committed, and only then moved away or flagged. There is no
cursor: what is in the folder without our mark is still to do, so that a crash, a lost connection or a new UIDVALIDITY
can neither skip a mail nor, since the store knows its content, do it twice.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from bot.channels.base import Accept
from bot.log import get
from bot.messages import Received

DONE = "$ConsentryStored"  # keyword of a mail that is in the store
SLICE = 1.0  # seconds: how soon a stop is noticed while waiting
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds between tries to connect


@dataclass(frozen=True, slots=True)
class ImapConfig:
    """A mailbox. `tls`: none, starttls or tls, always verified. Sizes in bytes, times in seconds."""

    name: str
    host: str
    port: int = 993
    tls: str = "tls"
    ca_file: Path | None = None
    user: str = ""
    password: str = ""
    folder: str = "INBOX"
    after: str = "flag"  # or move
    processed_folder: str = "Consentry"
    idle_seconds: float = 120.0  # IDLE is issued again after this time; RFC 2177 asks for less than 29 minutes
    poll_seconds: float = 30.0  # for servers without IDLE
    batch: int = 50
    batch_bytes: int = 33_554_432
    max_size: int = 26_214_400


class ImapReceiver:
    """Reads a mailbox until it is stopped."""

    def __init__(self, config: ImapConfig, accept: Accept, jitter: Callable[[], float] = random.random) -> None:
        """`accept` stores and commits; what it raises leaves the mails where they are. `jitter` is in [0, 1)."""
        self._config, self._accept, self._jitter = config, accept, jitter
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.connected = threading.Event()

    def start(self) -> None:
        """Begin to connect, and return."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"imap:{self._config.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch that was begun, and close."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def describe(self) -> str:
        """For the operator."""
        return f"by IMAP from {self._config.host}:{self._config.port}, folder {self._config.folder}"

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._session()
                failures = 0
            except Exception as error:  # the server, the network or the store: the mails are still there
                failures = 1 if self.connected.is_set() else failures + 1
                self.connected.clear()
                wait = min(FIRST_WAIT * float(1 << min(failures - 1, 16)), LONGEST_WAIT) * (0.5 + self._jitter() / 2)
                get().warning("imap_lost", mailbox=self._config.name, error=_reason(error), again_in=round(wait, 1))
                self._stopping.wait(wait)
        self.connected.clear()

    def _session(self) -> None:
        client = connect(self._config)
        try:
            box = _Mailbox(client, self._config)
            self.connected.set()
            get().info("imap_ready", mailbox=self._config.name, idle=box.idle, move=box.move)
            while not self._stopping.is_set():
                found = 0
                for batch in box.batches(self._stopping.is_set):
                    self._accept(batch.mails)
                    box.done(batch.uids)
                    found += len(batch.uids)
                if not found:
                    box.wait(self._stopping)
        finally:
            _leave(client)


@dataclass(frozen=True, slots=True)
class Batch:
    """Mails fetched together, with their UIDs."""

    uids: tuple[int, ...]
    mails: tuple[Received, ...]


class _Mailbox:
    """One selected folder."""

    def __init__(self, client: IMAPClient, config: ImapConfig) -> None:
        """Select, and see what the server can do; IMAPClientError when it cannot do what the settings ask."""
        self._client, self._config = client, config
        if config.after == "move" and not client.folder_exists(config.processed_folder):
            client.create_folder(config.processed_folder)
        selected = client.select_folder(config.folder)
        self._validity = int(selected[b"UIDVALIDITY"])
        self.idle, self.move = client.has_capability("IDLE"), client.has_capability("MOVE")
        allowed = selected.get(b"PERMANENTFLAGS", ())
        if config.after == "flag" and not {b"\\*", DONE.encode()} & set(allowed):
            raise IMAPClientError('the server keeps no keywords in this folder: set after = "move"')
        if config.after == "move" and not self.move and not client.has_capability("UIDPLUS"):
            raise IMAPClientError('the server can neither MOVE nor expunge one mail: set after = "flag"')

    def batches(self, stopping: Callable[[], bool]) -> Iterator[Batch]:
        """What is to do, oldest first, in batches bounded in number and bytes."""
        self._client.noop()  # a server may search what it last told us of: let it look for new mail first
        criteria = ["UNDELETED"] if self._config.after == "move" else ["UNDELETED", "UNKEYWORD", DONE]
        waiting = sorted(self._client.search(criteria))
        while waiting and not stopping():
            some, waiting = waiting[:self._config.batch], waiting[self._config.batch:]
            sizes = {uid: int(data[b"RFC822.SIZE"])
                     for uid, data in self._client.fetch(some, ["RFC822.SIZE"]).items() if b"RFC822.SIZE" in data}
            for uids in grouped(sizes, self._config.batch_bytes, self._config.max_size):
                yield self._fetched(uids, sizes)

    def _fetched(self, uids: Sequence[int], sizes: dict[int, int]) -> Batch:
        """The first `max_size` bytes of each: of a larger mail the words are in its beginning."""
        limit = self._config.max_size
        found = self._client.fetch(uids, [f"BODY.PEEK[]<0.{limit}>"])
        mails = {}
        for uid, data in found.items():
            raw = data.get(b"BODY[]<0>")
            if raw is not None:
                envelope = {"truncated_from": sizes[uid]} if sizes[uid] > limit else {}
                mails[uid] = Received(raw, f"{self._validity}/{uid}", envelope)
        return Batch(tuple(mails), tuple(mails.values()))

    def done(self, uids: Sequence[int]) -> None:
        """Move or flag what is in the store."""
        if not uids:
            return
        if self._config.after == "flag":
            self._client.add_flags(uids, [DONE], silent=True)
        elif self.move:
            self._client.move(uids, self._config.processed_folder)
        else:
            self._client.copy(uids, self._config.processed_folder)
            self._client.delete_messages(uids, silent=True)
            self._client.uid_expunge(uids)

    def wait(self, stopping: threading.Event) -> None:
        """Until something arrives, it is time to look again, or we are stopped."""
        if not self.idle:
            stopping.wait(self._config.poll_seconds)
            return
        until = time.monotonic() + self._config.idle_seconds
        self._client.idle()
        while not stopping.is_set() and (left := until - time.monotonic()) > 0:
            began = time.monotonic()
            told = self._client.idle_check(timeout=min(SLICE, left))
            closed = not told and time.monotonic() - began < min(SLICE, left) / 2
            if closed or any(b"EXISTS" in response for response in told):
                break
        self._client.idle_done()  # raises when the connection is gone


def grouped(sizes: dict[int, int], limit: int, largest: int) -> Iterator[tuple[int, ...]]:
    """UIDs in order, in groups of at most `limit` bytes or one mail; of each at most `largest` bytes are read."""
    group: list[int] = []
    total = 0
    for uid in sorted(sizes):
        size = min(sizes[uid], largest)
        if group and total + size > limit:
            yield tuple(group)
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield tuple(group)


def connect(config: ImapConfig) -> IMAPClient:
    """Logged in, over verified TLS unless the settings say none."""
    context = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
    client = IMAPClient(config.host, config.port, ssl=config.tls == "tls", ssl_context=context, timeout=60)
    try:
        if config.tls == "starttls":
            client.starttls(context)
        client.login(config.user, config.password)
    except BaseException:
        _leave(client)
        raise
    return client


def _leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except (IMAPClientError, OSError):  # already gone: only our end is left to close
        with suppress(OSError):
            client.shutdown()


def _reason(error: Exception) -> str:
    """The kind of error; words only where they are ours or the TLS library's, never a server's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    if type(error) is IMAPClientError and str(error).startswith("the server"):
        return str(error)
    return type(error).__name__
