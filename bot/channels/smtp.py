"""Mail out by SMTP: one connection kept, opened again when it is lost."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass

from bot.errors import PermanentDeliveryError, TemporaryError
from storage.records import OutboxItem


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """The next hop. `tls`: none, starttls or tls; certificates are verified."""

    host: str = "127.0.0.1"
    port: int = 25
    tls: str = "none"
    user: str | None = None
    password: str | None = None


class SmtpSender:
    """Sends one item at a time; used by one thread."""

    def __init__(self, config: SmtpConfig) -> None:
        """Nothing is opened before the first `send`."""
        self._config = config
        self._connection: smtplib.SMTP | None = None

    def _open(self) -> smtplib.SMTP:
        config, context = self._config, ssl.create_default_context()
        if config.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=60, context=context)
        else:
            connection = smtplib.SMTP(config.host, config.port, timeout=60)
        if config.tls == "starttls":
            connection.starttls(context=context)
        if config.user:
            connection.login(config.user, config.password or "")
        return connection

    def send(self, item: OutboxItem) -> None:
        """Hand over; raises PermanentDeliveryError on 5xx, TemporaryError on anything that may pass."""
        try:
            if self._connection is None:
                self._connection = self._open()
            self._connection.sendmail(item.envelope_from, [item.recipient.value], item.payload)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            self.close()
            if code >= 500:
                raise PermanentDeliveryError(f"refused with {code}") from None
            raise TemporaryError(f"deferred with {code}") from None
        except smtplib.SMTPResponseException as error:
            self.close()
            if 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError):
                raise PermanentDeliveryError(f"refused with {error.smtp_code}") from None
            raise TemporaryError(f"deferred with {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise TemporaryError(f"the mail server cannot be reached ({type(error).__name__})") from None

    def close(self) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
