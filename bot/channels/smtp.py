"""Mail out by SMTP: one connection kept, opened again when it is lost."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import idna

from bot.errors import OperatorError, PermanentDeliveryError, TemporaryError
from storage.records import OutboxItem

GONE = 421  # the server closes the connection (RFC 5321 3.8)


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

    def __init__(self, config: SmtpConfig) -> None:
        """Nothing is opened before the first `send`."""
        self._config = config
        self._connection: smtplib.SMTP | None = None

    def send(self, item: OutboxItem) -> None:
        """Hand over; raises PermanentDeliveryError on 5xx for this mail, TemporaryError on anything that may pass."""
        try:
            self._transfer(item)
        except smtplib.SMTPResponseException as error:
            self.close()
            raise TemporaryError(f"deferred with {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryError(f"the mail server cannot be reached ({type(error).__name__})") from None

    def _transfer(self, item: OutboxItem) -> None:
        """MAIL, RCPT, DATA (RFC 5321 3.3); the connection is kept unless the server leaves."""
        recipient, sender = _path(item.recipient.value), _path(item.envelope_from)
        connection = self._begin(sender, _wide(sender, recipient, item.payload))
        self._expect(connection, connection.rcpt(recipient))
        self._expect(connection, connection.data(item.payload))

    def _begin(self, sender: str, wide: bool) -> smtplib.SMTP:
        """MAIL on the connection we have, or once more on a new one when the old one turns out closed."""
        if self._connection is not None:
            try:
                answer = self._mail(self._connection, sender, wide)
                if answer[0] != GONE:
                    return self._expect(self._connection, answer)
            except (OSError, smtplib.SMTPServerDisconnected):
                pass
            self.close()
        self._connection = self._open()
        return self._expect(self._connection, self._mail(self._connection, sender, wide))

    def _mail(self, connection: smtplib.SMTP, sender: str, wide: bool) -> tuple[int, bytes]:
        if not wide:
            return connection.mail(sender)
        if not connection.has_extn("smtputf8"):
            raise PermanentDeliveryError("the mail server takes no address outside ASCII (SMTPUTF8, RFC 6531)")
        return connection.mail(sender, ["SMTPUTF8", "BODY=8BITMIME"])

    def _expect(self, connection: smtplib.SMTP, answer: tuple[int, bytes]) -> smtplib.SMTP:
        """2xx, or the matching error; a refused mail does not cost the connection."""
        code = answer[0]
        if 200 <= code < 300:
            return connection
        if code == GONE or code == -1:
            raise smtplib.SMTPResponseException(code, answer[1])
        connection.rset()
        if 500 <= code < 600 and code != 530:  # 530 (log in, or use TLS first) is about us, not about the mail
            raise PermanentDeliveryError(f"refused with {code}")
        raise TemporaryError(f"deferred with {code}")

    def _open(self) -> smtplib.SMTP:
        config, context = self._config, self._context()
        if config.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout,
                                                        context=context)
        else:
            connection = smtplib.SMTP(config.host, config.port, timeout=config.timeout)
        try:
            if config.tls == "starttls":
                connection.starttls(context=context)
            if config.user:
                connection.login(config.user, config.password or "")
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _context(self) -> ssl.SSLContext:
        """Certificate and name are verified."""
        try:
            return ssl.create_default_context(cafile=self._config.ca_file)
        except OSError as error:
            raise OperatorError(f"smtp.ca_file {self._config.ca_file} cannot be used ({error.strerror}): name a "
                                "readable PEM file of certificates.") from error

    def close(self) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _path(address: str) -> str:
    """The address for the envelope: a domain in its ASCII form, so that only the local part may need SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


def _wide(sender: str, recipient: str, payload: bytes) -> bool:
    """Does it need SMTPUTF8 (RFC 6531 3.1)? Header fields count, the body does not."""
    return not (sender.isascii() and recipient.isascii() and payload.partition(b"\r\n\r\n")[0].isascii())
