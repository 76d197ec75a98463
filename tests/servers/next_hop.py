"""A real aiosmtpd server to send to: it notes what it is told, and refuses or leaves when a test wants that."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.channels.door import Listener

USER, PASSWORD = "shop", "open-sesame"


@dataclass(frozen=True)
class Taken:
    """One mail it answered 250 for."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]  # of MAIL


@dataclass
class NextHop:
    """What it does, by command: `answers["RCPT"]` is said instead of 250; an answer that ends in " bye" hangs up."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # command words, in order, over all connections
    logins: list[str] = field(default_factory=list)
    open: list["Line"] = field(default_factory=list)
    port: int = 0
    pipelining: bool = False  # say so in EHLO; aiosmtpd takes commands together in any case
    leave: Callable[[], None] = lambda: None  # close every connection from the server's side, and wait for it

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos),
                                envelope.original_content or b"", tuple(envelope.mail_options)))
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str,
                     data: LoginPassword) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=data.login == USER.encode() and data.password == PASSWORD.encode(), handled=False)


class Line(SMTP):
    """One connection."""

    def __init__(self, hop: NextHop, **options: Any) -> None:  # noqa: ANN401 - aiosmtpd's
        self.hop = hop
        super().__init__(hop, **options)
        self._smtp_methods = {name: self._noted(name, method) for name, method in self._smtp_methods.items()}

    def _noted(self, name: str, method: Callable[[str], Any]) -> Callable[[str], Any]:
        async def noted(arg: str) -> None:
            self.hop.said.append(name)
            answer = self.hop.answers.get(name)
            if answer is None:
                await method(arg)
                return
            await self.push(answer.removesuffix(" bye").encode())
            if answer.endswith(" bye"):
                self.shut()
        return noted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self not in self.hop.open:
            self.hop.open.append(self)
            self.hop.said.append("connect")
            self.plain = None if transport.get_extra_info("sslcontext") else transport

    def connection_lost(self, error: Exception | None) -> None:
        with suppress(ValueError):
            self.hop.open.remove(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):
            await super()._handle_client()

    def shut(self) -> None:
        """Hang up; over TLS without the farewell, which an idle client would not answer."""
        if isinstance(self.transport, asyncio.WriteTransport):
            with suppress(AttributeError):  # Python 3.11.2's TLS transport forgets its protocol once it is closed
                (self.transport.close if self.transport is self.plain else self.transport.abort)()


@contextmanager
def next_hop(*, certificate: tuple[Path, Path] | None = None, tls: bool = False, host: str = "127.0.0.1",
             pipelining: bool = False, **options: Any) -> Iterator[NextHop]:  # noqa: ANN401 - aiosmtpd's
    """A running one. `certificate`: for STARTTLS, or for TLS from the first byte with `tls`."""
    hop, context = NextHop(pipelining=pipelining), None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

    class _Server(Listener):
        def factory(self) -> Line:
            return Line(hop, tls_context=None if tls else context, authenticator=hop.authenticate, loop=self.loop,
                        hostname="mx.example", **{"enable_SMTPUTF8": True, "auth_require_tls": not tls, **options})

    server = _Server(hop, hostname=host, port=0, ssl_context=context if tls else None)
    server.start()
    hop.said.clear()  # the controller looks once whether it answers
    hop.port = server.port

    async def leave() -> None:
        for line in list(hop.open):
            line.shut()
        while hop.open:
            await asyncio.sleep(0)

    hop.leave = lambda: asyncio.run_coroutine_threadsafe(leave(), server.loop).result(30)
    try:
        yield hop
    finally:
        hop.leave()
        server.stop()
