"""Mail in by LMTP (RFC 2033) or SMTP: stored and committed before 250; 451 while the store is down."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.log import get

Accept = Callable[[bytes, str, Mapping[str, Any]], object]
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]{1,500}>)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class LmtpConfig:
    """Where to listen and for whom. `recipients` empty: for everybody. `max_size` in bytes."""

    host: str = "127.0.0.1"
    port: int = 0
    protocol: str = "lmtp"
    max_size: int = 26_214_400
    recipients: frozenset[str] = frozenset()


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, config: LmtpConfig, accept: Accept) -> None:
        self._config, self._accept = config, accept

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        """Our mailboxes, with or without a +token."""
        plain = re.sub(r"\+[^@]*@", "@", address.lower())
        if self._config.recipients and plain not in self._config.recipients:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One commit for the message; on LMTP one reply for each recipient (RFC 2033 4.2)."""
        raw = envelope.original_content or b""
        found = MESSAGE_ID.search(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0])
        external = found.group(1).decode("latin-1") if found else f"sha256:{hashlib.sha256(raw).hexdigest()}"
        context = {"mail_from": envelope.mail_from or "", "rcpt_to": list(envelope.rcpt_tos),
                   "peer": str(session.peer[0]) if session.peer else None}
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._accept, raw, external, context)
            answer = "250 2.0.0 Stored"
        except Exception as error:  # whatever it was, the sender keeps the mail and tries again
            get().warning("store_unavailable", error=type(error).__name__)
            answer = "451 4.3.0 Not stored, try again later"
        times = len(envelope.rcpt_tos) if self._config.protocol == "lmtp" else 1
        return "\r\n".join([answer] * times)


class Listener(Controller):
    """aiosmtpd's controller, which leaves its event loop open when it stops."""

    def stop(self, no_assert: bool = False) -> None:
        """Let what is being stored end (what comes now gets a 451), stop, and close the loop."""
        if self._thread is not None:
            asyncio.run_coroutine_threadsafe(self.loop.shutdown_default_executor(), self.loop).result(30)
        super().stop(no_assert)
        self.loop.close()


class LmtpReceiver:
    """A listener in a thread of its own; `port` is the real one once started."""

    def __init__(self, config: LmtpConfig, accept: Accept) -> None:
        """`accept` stores and commits; what it raises becomes a 451."""
        self._config, self._accept = config, accept
        self._controller: Controller | None = None

    def _build(self) -> Controller:
        config = self._config
        kind = LMTP if config.protocol == "lmtp" else SMTP
        handler = _Handler(config, self._accept)

        class _Server(Listener):
            def factory(self) -> SMTP:
                return kind(handler, data_size_limit=config.max_size, enable_SMTPUTF8=True, ident="Consentry")

        return _Server(handler, hostname=config.host, port=config.port or free_port(config.host))

    @property
    def port(self) -> int:
        """The TCP port; 0 before `start`."""
        return int(self._controller.port) if self._controller else 0

    def start(self) -> None:
        """Listen."""
        self._controller = self._build()
        self._controller.start()

    def describe(self) -> str:
        """For the operator."""
        return f"by {self._config.protocol.upper()} on {self._config.host}:{self.port}"

    def stop(self) -> None:
        """Close."""
        if self._controller is not None:
            self._controller.stop()


def free_port(host: str) -> int:
    """A TCP port nobody listens on now."""
    import socket
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
