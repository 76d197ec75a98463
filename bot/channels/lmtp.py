"""Mail in by LMTP (RFC 2033) or SMTP: stored and committed before 250; 451 while the store is down."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import idna
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException

from bot.channels.base import Accept
from bot.channels.door import TOO_LARGE, Door, Full, Listener, LmtpDoor, Load
from bot.channels.together import Together
from bot.errors import OperatorError
from bot.log import get
from bot.messages import Received

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^<>\s]{1,500}>)", re.I | re.M)
GRACE = 10.0  # seconds a mail being stored is waited for when we stop
MAILS = 4  # largest mails held in memory at a time, over all connections
LEAVE = "unsub"  # unsub+TOKEN@ is in the List-Unsubscribe field of what we send


@dataclass(frozen=True, slots=True)
class LmtpConfig:
    """Where to listen and for whom. `recipients` empty: for everybody. `max_size` in bytes, `timeout` in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    protocol: str = "lmtp"
    max_size: int = 26_214_400
    recipients: frozenset[str] = frozenset()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    require_tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    max_connections: int = 100
    timeout: float = 300


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, config: LmtpConfig, accept: Accept) -> None:
        self._config, self._together = config, Together(accept)
        self._ours = frozenset(plain(each) for each in config.recipients)
        self._domains = frozenset(each.rpartition("@")[2] for each in self._ours)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str,
                          responses: list[str]) -> list[str]:
        """What we offer; AUTH only where there is a password to check."""
        session.host_name = hostname
        offered = [line for line in responses[:-1] if self._config.user or not line.startswith("250-AUTH")]
        return [*offered, "250-PIPELINING", "250-ENHANCEDSTATUSCODES", f"250-SIZE {self._config.max_size}", "250 HELP"]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        """Refuse what says it is too large before it is sent (RFC 1870)."""
        size = next((each.partition("=")[2] for each in options if each.startswith("SIZE=")), "0")
        if int(size) > self._config.max_size:
            return TOO_LARGE
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                          options: list[str]) -> str:
        """Our mailboxes, with or without a +token, and unsub+token at our domains."""
        if self._ours and plain(address) not in self._ours and not self._leaves(address):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _leaves(self, address: str) -> bool:
        local, _, domain = plain(address).rpartition("@")
        return local == LEAVE and "+" in address and domain in self._domains

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One commit for the message, whoever it is for."""
        raw = envelope.original_content or b""
        found = MESSAGE_ID.search(raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0])
        external = found.group(1).decode("latin-1") if found else f"sha256:{hashlib.sha256(raw).hexdigest()}"
        context = {"mail_from": "" if envelope.mail_from == "<>" else envelope.mail_from,
                   "rcpt_to": list(envelope.rcpt_tos), "peer": str(session.peer[0]) if session.peer else None,
                   "helo": str(session.host_name or "")}
        try:
            await self._together.accept(Received(raw, external, context))
        except Exception as error:  # whatever it was, the sender keeps the mail and tries again
            get().warning("store_unavailable", error=type(error).__name__)
            return "451 4.3.0 Not stored, try again later"
        return "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:
        """A line too long for AUTH is a ValueError of asyncio, a handshake that fails is theirs: nothing to report.

        Anything else is ours, so the sender tries again.
        """
        if isinstance(error, (ValueError, TLSSetupException)):
            return "500 5.5.2 Not understood"
        get().warning("connection_failed", error=type(error).__name__)
        return "451 4.3.0 Something went wrong here, try again later"


class LmtpReceiver:
    """A listener in a thread of its own; `port` is the real one once started."""

    def __init__(self, config: LmtpConfig, accept: Accept) -> None:
        """`accept` stores and commits; what it raises becomes a 451."""
        self._config, self._accept = config, accept
        self._load = Load(config.max_connections, max(MAILS * config.max_size, 1 << 26))
        self._listener: Listener | None = None

    def _build(self) -> Listener:
        config, load = self._config, self._load
        kind = LmtpDoor if config.protocol == "lmtp" else Door
        handler, context = _Handler(config, self._accept), tls_context(config)

        class _Server(Listener):
            def factory(self) -> Door | Full:
                if len(load.open) >= load.connections:
                    return Full()
                return kind(handler, load, max_size=config.max_size, tls_context=context, timeout=config.timeout,
                            require_tls=config.require_tls, hostname=socket.gethostname(), loop=self.loop,
                            auth_required=config.user is not None, authenticator=_authenticator(config),
                            command_call_limit={"AUTH": 3, "*": 1_000_000})

        return _Server(handler, hostname=config.host, port=config.port)

    @property
    def port(self) -> int:
        """The TCP port; 0 before `start`."""
        return int(self._listener.port) if self._listener else 0

    def start(self) -> None:
        """Listen; OperatorError when the address cannot be had or the certificate cannot be used."""
        config, listener = self._config, self._build()
        try:
            listener.start()
        except OSError as error:
            listener.loop.close()
            raise OperatorError(f"Nothing can listen on {config.host} port {config.port} ({error.strerror}): correct "
                                "lmtp.host and lmtp.port, or stop the program that has that port.") from error
        self._listener = listener

    def describe(self) -> str:
        """For the operator."""
        return f"by {self._config.protocol.upper()} on {self._config.host}:{self.port}"

    def stop(self) -> None:
        """Close the door; mails being stored are stored and answered first."""
        if self._listener is None:
            return
        asyncio.run_coroutine_threadsafe(self._quiet(self._listener), self._listener.loop).result()
        self._listener.stop()
        self._listener = None

    async def _quiet(self, listener: Listener) -> None:
        """No new connection, the idle ones closed, the busy ones waited for."""
        if listener.server is not None:
            listener.server.close()
        limit = listener.loop.time() + GRACE
        while self._load.open and listener.loop.time() < limit:
            for door in tuple(self._load.open):
                door.leave()
            await asyncio.sleep(0.01)


def plain(address: str) -> str:
    """An address to compare: lower case, no +detail, the domain in Unicode (RFC 5890)."""
    local, _, domain = address.lower().rpartition("@")
    with suppress(idna.IDNAError):  # then it is compared as it was written
        domain = idna.decode(domain) if "xn--" in domain else domain
    return f"{local.partition('+')[0]}@{domain}"


def tls_context(config: LmtpConfig) -> ssl.SSLContext | None:
    """STARTTLS's certificate, or None; OperatorError says which setting is wrong."""
    if config.tls_cert is None:
        if config.require_tls or config.tls_key is not None:
            raise OperatorError("lmtp.tls_cert is missing: name the certificate that goes with lmtp.tls_key, and that "
                                "lmtp.require_tls needs.")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise OperatorError(f"The certificate {config.tls_cert} and its key cannot be used ({error.strerror}): "
                            "lmtp.tls_cert and lmtp.tls_key must name readable PEM files of one pair.") from error
    return context


def _authenticator(config: LmtpConfig) -> Callable[..., AuthResult]:
    """Compare in constant time, both parts always."""
    user, password = (config.user or "").encode(), (config.password or "").encode()

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        right = hmac.compare_digest(data.login, user) & hmac.compare_digest(data.password, password)
        return AuthResult(success=bool(right and user and password), handled=False)

    return check


def free_port(host: str) -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
