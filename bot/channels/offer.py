"""One mail offered to a server: MAIL, RCPT and DATA, in one round trip where the server takes that (RFC 2920)."""

from __future__ import annotations

import re
import smtplib

GO_AHEAD = 354
YES = (2, 2, 3)  # the first digit of the answers to MAIL, RCPT and DATA when all is well
DOT = re.compile(rb"^\.", re.M)


class Offer:
    """On an open connection. Every step raises smtplib's errors, which are OSErrors, when the connection is lost."""

    def __init__(self, connection: smtplib.SMTP, sender: str, recipient: str, wide: bool) -> None:
        """Say MAIL, and the rest with it when the server takes that; `mail` is the answer to MAIL."""
        self._connection = connection
        self._together = connection.has_extn("pipelining")
        extra = " SMTPUTF8 BODY=8BITMIME" if wide else ""
        self._commands = [f"MAIL FROM:<{sender}>{extra}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(),
                          b"DATA\r\n"]
        self._asked = 0
        self.mail = self._ask()

    def _ask(self) -> int:
        """The code of the next answer."""
        if not self._together:
            self._connection.send(self._commands[self._asked])
        elif self._asked == 0:
            self._connection.send(b"".join(self._commands))
        self._asked += 1
        return self._connection.getreply()[0]

    def refused(self) -> int | None:
        """The first answer that is no yes; None when the server waits for the mail."""
        code = self.mail
        while code // 100 == YES[self._asked - 1]:
            if self._asked == len(YES):
                return None
            code = self._ask()
        return code

    def content(self, payload: bytes) -> int | None:
        """Send the mail, dots doubled (RFC 5321 4.5.2); None when it was taken, else the code of the answer."""
        end = b".\r\n" if payload.endswith(b"\r\n") else b"\r\n.\r\n"
        self._connection.send(DOT.sub(b"..", payload) + end)
        code = self._connection.getreply()[0]
        return None if code // 100 == 2 else code

    def forget(self) -> bool:
        """After a refusal: ready for the next mail; False when the connection is of no more use.

        A server may say 354 though it refused the recipient: the mail ends there, for nobody (RFC 2920 3.1).
        """
        try:
            while self._together and self._asked < len(YES):
                if self._ask() == GO_AHEAD:
                    self._connection.send(b".\r\n")
                    self._connection.getreply()
            return self._connection.rset()[0] == 250
        except OSError:
            return False
