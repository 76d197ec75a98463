"""Mail out by SMTP: one connection kept, opened again when it is lost."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import idna

from bot.channels.base import at_once
from bot.channels.offer import Offer
from bot.dkim import DkimSigner
from bot.errors import OperatorError, PermanentDeliveryError, TemporaryError
from storage.records import OutboxItem

GONE = 421  # the server closes the connection (RFC 5321 3.8)
ABOUT_US = frozenset({530, 534, 535, 538})  # log in first, or use TLS (RFC 4954 6, RFC 3207 4): not about the mail
# In no address: what ends a line, so that none can become a command, and what cannot be encoded.
_NOT = r"\x00-\x1f\x7f\ud800-\udfff\""
PATH = re.compile(rf'(?:"(?:[^\\{_NOT}]|\\[^{_NOT}]|\\")*"|[^\s<>{_NOT}]+)(?:@[^\s<>{_NOT}]+)?')
GOODBYE = 5.0  # seconds the answer to QUIT is waited for


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """The next hop. `tls`: none, starttls or tls; certificates are verified, against `ca_file` when it is given."""

    host: str = "127.0.0.1"
    port: int = 25
    tls: str = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60


class SmtpSender:
    """Sends one item at a time; used by one thread."""

    def __init__(self, config: SmtpConfig, signer: DkimSigner | None = None) -> None:
        """Nothing is opened before the first `send`. Raises OperatorError when the authorities cannot be read.

        What is signed is signed here, when it leaves: signing costs more than deciding, and keys are changed.
        """
        self._config, self._signer = config, signer
        self._context = None if config.tls == "none" else _context(config.ca_file)
        self._connection: smtplib.SMTP | None = None

    def send(self, item: OutboxItem) -> None:
        """Hand over; raises PermanentDeliveryError on 5xx for this mail, TemporaryError on anything that may pass."""
        try:
            self._transfer(item)
        except OSError as error:  # smtplib's errors are OSErrors
            self._drop()
            raise TemporaryError(_why(error)) from None

    def _transfer(self, item: OutboxItem) -> None:
        """MAIL, RCPT, DATA (RFC 5321 3.3); the connection is kept unless the server leaves."""
        recipient, sender = _path(item.recipient.value), _path(item.envelope_from)
        payload = self._signer.sign(item.payload) if self._signer else item.payload
        offer = self._begin(sender, recipient, _wide(sender, recipient, payload))
        refused = offer.refused()
        if refused is None:
            refused = offer.content(payload)
        if refused is not None:
            self._raise(offer, refused)

    def _begin(self, sender: str, recipient: str, wide: bool) -> Offer:
        """MAIL answered on the connection we have, or once more on a new one when the old one turns out closed.

        Nothing of the mail itself has left before that answer, so that asking twice cannot send twice.
        """
        if self._connection is not None:
            try:
                offer = self._offer(self._connection, sender, recipient, wide)
                if offer.mail != GONE:
                    return offer
            except OSError:
                pass
            self._drop()
        self._connection = self._open()
        return self._offer(self._connection, sender, recipient, wide)

    def _offer(self, connection: smtplib.SMTP, sender: str, recipient: str, wide: bool) -> Offer:
        if wide and not connection.has_extn("smtputf8"):
            raise PermanentDeliveryError("the mail server takes no address outside ASCII (SMTPUTF8, RFC 6531)")
        return Offer(connection, sender, recipient, wide)

    def _raise(self, offer: Offer, code: int) -> NoReturn:
        """The error for this answer; a refused mail does not cost the connection."""
        if code == GONE or code < 0:
            raise smtplib.SMTPResponseException(code, b"")
        if not offer.forget():  # it hung up after its refusal: the next mail gets a new connection
            self._drop()
        if 500 <= code < 600 and code not in ABOUT_US:
            raise PermanentDeliveryError(f"refused with {code}")
        raise TemporaryError(f"deferred with {code}")

    def _open(self) -> smtplib.SMTP:
        config = self._config
        if config.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout,
                                                        context=self._context)
        else:
            connection = smtplib.SMTP(config.host, config.port, timeout=config.timeout)
        try:
            at_once(connection.sock)
            if config.tls == "starttls":
                connection.starttls(context=self._context)
            if config.user:
                connection.login(config.user, config.password or "")
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """QUIT (RFC 5321 4.1.1.10), and forget the connection."""
        if self._connection is not None and self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.settimeout(GOODBYE)
                self._connection.quit()
        self._drop()


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Certificate and name are verified."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise OperatorError(f"smtp.ca_file {ca_file} cannot be used ({error.strerror}): name a readable PEM file of "
                            "certificates.") from error


def _why(error: OSError) -> str:
    """In words that name what can be corrected; the server's own text may hold an address, so it is left out."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refuses our login ({error.smtp_code}): check smtp.user and its password"
        case smtplib.SMTPResponseException():
            return f"deferred with {error.smtp_code}" if error.smtp_code > 0 else "what answers does not speak SMTP"
        case smtplib.SMTPNotSupportedError():
            return f"the mail server lacks what smtp.tls or smtp.user asks for ({error})"
        case ssl.SSLCertVerificationError():
            return (f"the mail server's certificate is not trusted ({error.verify_message}): name its authority in "
                    "smtp.ca_file, and in smtp.host the name that it certifies")
        case ssl.SSLError():
            return f"the mail server does not speak TLS here ({error.reason}): check smtp.tls and smtp.port"
    return f"the mail server cannot be reached ({type(error).__name__})"


def _path(address: str) -> str:
    """The address for the envelope: a domain in its ASCII form, so that only the local part may need SMTPUTF8.

    Raises PermanentDeliveryError for what would be more than an address there, or less.
    """
    if address and not PATH.fullmatch(address):
        raise PermanentDeliveryError("the address cannot be written in a mail's envelope (RFC 5321 4.1.2)")
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


def _wide(sender: str, recipient: str, payload: bytes) -> bool:
    """Does it need SMTPUTF8 (RFC 6531 3.1)? Header fields count, the body does not."""
    return not (sender.isascii() and recipient.isascii() and payload.partition(b"\r\n\r\n")[0].isascii())
