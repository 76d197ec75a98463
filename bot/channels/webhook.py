"""POST to a recipient's URL: only where the operator allows, no redirects, all of it within one time limit.

The name is resolved here and the connection is made to the address that was checked: a name that answers otherwise the
second time (DNS rebinding) reaches nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from bot.webhooks import Outcome

MOST_READ = 64 * 1024  # of an answer; nobody looks at it
AGENT = "Consentry-Webhooks"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """Where to, and how long one try may take, seconds. `allow_private`: this machine and private networks too."""

    url: str
    timeout: float
    allow_private: bool = False


class Refused(Exception):
    """The address is none that we may talk to."""


def allowed(address: Address, config: WebhookConfig) -> bool:
    """Public addresses; with `allow_private` every one. Without TLS only this machine."""
    inner = getattr(address, "ipv4_mapped", None) or address
    if config.url.startswith("http://"):
        return config.allow_private and inner.is_loopback
    return config.allow_private or (inner.is_global and not inner.is_multicast)


class _Connection(http.client.HTTPConnection):
    """Connects only to an address that was checked."""

    def __init__(self, host: str, port: int, config: WebhookConfig, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=config.timeout)
        self._config, self._context = config, context

    def connect(self) -> None:
        """Raises Refused, OSError."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not all(allowed(ipaddress.ip_address(each.partition("%")[0]), self._config) for each in addresses):
            raise Refused
        plain = socket.create_connection((addresses[0], self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain


class WebhookSender:
    """One recipient's connection, kept open; used by one thread."""

    def __init__(self, config: WebhookConfig) -> None:
        """Nothing is opened yet."""
        parts = urlsplit(config.url)
        self._config, self._host = config, parts.hostname or ""
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._context else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._open: _Connection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """One try. Never raises for what the recipient or the network does; the error tells nothing of the body."""
        fresh = self._open is None
        outcome = self._try(body, headers)
        if outcome.status is None and not fresh and outcome.error == _CLOSED:
            return self._try(body, headers)  # a kept connection that had been closed meanwhile
        return outcome

    def _try(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        connection = self._open or _Connection(self._host, self._port, self._config, self._context)
        self._open = connection
        late = threading.Event()

        def cut() -> None:
            late.set()
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

        limit = threading.Timer(self._config.timeout, cut)  # a recipient that drips must not hold us
        limit.start()
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json", "User-Agent": AGENT,
                                                         **headers})
            answer = connection.getresponse()
            length = len(answer.read(MOST_READ))
            if length == MOST_READ or answer.will_close:
                self.close()
            return Outcome(answer.status, None if answer.status < 300 else f"HTTP {answer.status}",
                           _retry_after(answer.headers.get("Retry-After")))
        except Exception as error:  # whatever it was, the change is told again later
            self.close()
            return Outcome(None, _in_words(error, late=late.is_set()))
        finally:
            limit.cancel()

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None


_CLOSED = "the connection was closed"


def _in_words(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, Refused):
        return "the address is private: allow_private is off, or the url has no TLS"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not good ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    if isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)):
        return _CLOSED
    return f"{type(error).__name__}: {error.strerror}" if isinstance(error, OSError) else type(error).__name__


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds (RFC 9110 10.2.3); the form with a date is not used by machines that answer 429."""
    return timedelta(seconds=int(value)) if value and value.isascii() and value.isdigit() and len(value) < 9 else None
