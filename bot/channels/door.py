"""aiosmtpd, made safe for strangers: bounded memory, connections and time; RFC 2033 replies; junk gets a 5xx.

What differs from aiosmtpd 1.4.6: one reply for each recipient also when the mail is too large, lines of any length
(nothing a person wrote is refused for its layout), addresses that are not UTF-8 are refused before they are used, a
connection that breaks leaves no traceback, TLS can be required of LMTP too and begins once, and every reply carries an
enhanced status code (RFC 2034).
"""

from __future__ import annotations

import asyncio
import collections
import functools
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, AnyStr

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope

from bot.channels.base import at_once

COMMAND = 2048  # bytes; RFC 5321 4.5.3.1.4 asks for 512, a long +token with SMTPUTF8 needs more
PATH = re.compile(r'\s*<(?:@[^<>:]*:)?((?:"(?:[^"\\]|\\.)*"|[^\s<>"@]*)(?:@[^\s<>"@]+)?)>\s*(.*)', re.S)
BARE = re.compile(r"\s*([^\s<>\"@]+@[^\s<>\"@]+)\s*(.*)", re.S)
PLAIN = re.compile(r"^([245]\d\d) (?!\d\.\d{1,3}\.\d{1,3}(?: |$))")
CODES = {"500": "5.5.2", "501": "5.5.4", "502": "5.5.1", "503": "5.5.1", "504": "5.5.4", "555": "5.5.4"}
TOO_LARGE = "552 5.3.4 The message is larger than this mailbox takes"
BUSY = "452 4.3.1 Too much mail at once, try again later"
BEFORE_TLS = frozenset({"NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"})  # RFC 3207 4, and LMTP's hello
Method = Callable[[str], Awaitable[None]]
FULL = b"421 4.3.2 Too many connections, try again later\r\n"

logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # aiosmtpd logs commands, and those hold addresses


@dataclass(slots=True)
class Load:
    """What is open now, shared by the connections of one listener. Touched by its event loop only."""

    connections: int  # most at a time
    memory: int  # bytes of mail held at a time
    held: int = 0
    open: set[Door] = field(default_factory=set)


class Door(SMTP):
    """One SMTP connection."""

    line_length_limit = 65_536  # bytes read at once, no limit of ours on lines
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"
    replies_each = False  # one reply for each recipient (RFC 2033 4.2)

    def __init__(self, handler: object, load: Load, *, max_size: int, require_tls: bool = False,
                 **options: Any) -> None:  # noqa: ANN401
        """`max_size` in bytes; the rest is aiosmtpd's."""
        self.command_size_limits: dict[str, int] = collections.defaultdict(lambda: COMMAND)
        self.load, self.max_size, self.busy = load, max_size, False
        super().__init__(handler, data_size_limit=None, enable_SMTPUTF8=True, ident="Consentry", **options)
        if require_tls:
            self._smtp_methods = {name: method if name in BEFORE_TLS else self._after_tls(method)
                                  for name, method in self._smtp_methods.items()}

    def _after_tls(self, method: Method) -> Method:
        @functools.wraps(method)
        async def guarded(arg: str) -> None:
            if self._tls_protocol is None:
                await self.push("530 5.7.0 Say STARTTLS first")
            else:
                await method(arg)
        return guarded

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it; AUTH in the clear is for this machine only."""
        self.load.open.add(self)
        at_once(transport.get_extra_info("socket"))
        peer = transport.get_extra_info("peername")
        self._auth_require_tls = not _loopback(peer)
        super().connection_made(transport)

    def leave(self) -> None:
        """Close, unless a mail is being received or stored; TLS's farewell is not awaited: idle clients send none."""
        below = self._original_transport or self.transport
        if self.busy or below is None or below.is_closing() or not isinstance(self.transport, asyncio.WriteTransport):
            return
        self.transport.write(b"421 4.3.2 Closing\r\n")
        below.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self.load.open.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):  # the other side went away: nothing was promised
            await super()._handle_client()

    async def push(self, status: AnyStr) -> None:
        """Reply, with an enhanced status code where aiosmtpd gives none (RFC 2034)."""
        if isinstance(status, str) and not status.startswith(("220 ", "250 HELP", f"250 {self.hostname}")):
            await super().push(PLAIN.sub(_enhanced, status))
        else:
            await super().push(status)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Address ("<>" for the null path) and the rest; (None, None) for what is no path (RFC 5321 4.1.2)."""
        found = PATH.fullmatch(arg) or BARE.fullmatch(arg)
        if found is None or not arg.isprintable():
            return None, None
        return found.group(1) or "<>", found.group(2)

    async def smtp_STARTTLS(self, arg: str) -> None:
        """Once a connection (RFC 3207 4)."""
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 TLS is on already")
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_VRFY(self, arg: str) -> None:
        """Tells nobody anything (RFC 5321 7.3)."""
        await self.push("252 2.1.5 Send mail, and see")

    async def smtp_DATA(self, arg: str) -> None:
        """Receive, then hand to the handler; on LMTP its answer once for each recipient."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if arg:
            await self.push("501 5.5.4 DATA takes nothing")
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 No recipient")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.busy = True
        try:
            status = await self._take(envelope)
        finally:
            self.busy = False
        times = len(envelope.rcpt_tos) if self.replies_each else 1
        self._set_rset_state()  # type: ignore[no-untyped-call]  # aiosmtpd's only way to a fresh envelope
        await self.push("\r\n".join([status] * times))

    async def _take(self, envelope: Envelope) -> str:
        body = bytearray()
        try:
            refused = await self._receive(body)
            if refused is not None:
                return refused
            self._reset_timeout()
            envelope.original_content = envelope.content = bytes(body)
            status: str = await self._call_handler_hook("DATA")
            return status
        finally:
            self.load.held -= len(body)

    async def _receive(self, body: bytearray) -> str | None:
        """Read up to CRLF.CRLF, and nothing else ends a mail: a bare LF or CR is text (RFC 5321 2.3.8, 4.1.1.4).

        Fills `body` without dot-stuffing; returns a refusal when there is too much, once all of it went by.
        """
        refused, fresh = None, True
        while True:
            try:
                piece, ended = await self._reader.readuntil(b"\r\n"), True
            except asyncio.LimitOverrunError as over:
                piece, ended = await self._reader.readexactly(over.consumed), False
            if fresh and piece == b".\r\n":
                return refused
            if fresh and piece.startswith(b"."):
                piece = piece[1:]
            fresh = ended
            if refused is None and len(body) + len(piece) > self.max_size:
                refused = TOO_LARGE
            elif refused is None and self.load.held + len(piece) > self.load.memory:
                refused = BUSY
            if refused is None:
                body += piece
                self.load.held += len(piece)
            else:
                self.load.held -= len(body)
                body.clear()


class LmtpDoor(Door, LMTP):
    """One LMTP connection."""

    replies_each = True


class Full(asyncio.Protocol):
    """What a connection too many gets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and hang up."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(FULL)
            transport.close()


class Listener(Controller):
    """aiosmtpd's controller on a socket bound before anything starts: port 0 takes a free one, a taken one raises."""

    def start(self) -> None:
        """Bind (OSError when the port is taken), then listen in a thread."""
        family = socket.AF_INET6 if ":" in self.hostname else socket.AF_INET
        self._bound = socket.create_server((self.hostname, self.port), family=family, backlog=128)
        self.port = self._bound.getsockname()[1]
        super().start()

    async def _listen(self) -> asyncio.Server:
        return await self.loop.create_server(self._factory_invoker, sock=self._bound, ssl=self.ssl_context)

    def _create_server(self) -> Any:  # noqa: ANN401 - aiosmtpd's name for a coroutine
        return self._listen()

    def stop(self, no_assert: bool = False) -> None:
        """Let what is being stored end, stop, and close the loop, which aiosmtpd leaves open."""
        if self._thread is not None:
            asyncio.run_coroutine_threadsafe(self.loop.shutdown_default_executor(), self.loop).result(30)
        super().stop(no_assert)
        self.loop.close()


def _enhanced(found: re.Match[str]) -> str:
    code = found.group(1)
    return f"{code} {CODES.get(code, code[0] + '.0.0')} "


def _loopback(peer: object) -> bool:
    """Is the other end this machine? An address family we do not know is not."""
    try:
        return isinstance(peer, tuple) and ipaddress.ip_address(peer[0]).is_loopback
    except ValueError:
        return False
