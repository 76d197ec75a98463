"""Bytes to messages, as the rules' tables and the stories give them."""

from datetime import UTC, datetime

from bot.intake import new_item
from bot.messages import CheckContext, InboundMessage
from bot.parse import parse
from storage.records import ChannelKind

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ANNE = "anne@example.org"
SHOP = CheckContext(own_addresses=frozenset({"privacy@shop.example", "dpo@boutique.example"}),
                    loop_key="consentry@shop.example")


def read(fields: str = "", body: str = "STOP", *, sender: str = ANNE, mail_from: str | None = ANNE,
         rcpt_to: tuple[str, ...] = ("privacy@shop.example",), to: str = "privacy@shop.example") -> InboundMessage:
    """A mail with these header lines beside From and To, parsed. `mail_from` None: nobody knows it (IMAP)."""
    head = f"{fields.strip()}\nFrom: {sender}\nTo: {to}\n".lstrip()
    raw = f"{head}\n{body}\n".replace("\n", "\r\n").encode()
    envelope = {"rcpt_to": list(rcpt_to)} | ({} if mail_from is None else {"mail_from": mail_from})
    return parse(new_item(raw, channel=ChannelKind.EMAIL, source="t", external_id="t", envelope=envelope,
                          received_at=NOW, item_id="i"))


def dsn(*groups: str, original: str = "Message-ID: <ours@shop.example>", sender: str = "mailer-daemon@mx.example",
        content: str = "message/rfc822") -> str:
    """A whole DSN (RFC 3464), one group of fields for each recipient; `original` "": nothing is returned."""
    fields = "\n\n".join(["Reporting-MTA: dns; mx.example", *groups])
    return report("delivery-status", fields, original, sender, content)


def arf(fields: str, original: str = "Message-ID: <ours@shop.example>", sender: str = "fbl@isp.example") -> str:
    """A whole feedback report (RFC 5965)."""
    return report("feedback-report", f"{fields}\nUser-Agent: isp/1\nVersion: 1", original, sender)


def report(kind: str, fields: str, original: str, sender: str, content: str = "message/rfc822") -> str:
    """A multipart/report (RFC 6522) as a whole mail."""
    returned = f"--b\nContent-Type: {content}\n\n{original}\n\nour words\n" if original else ""
    return (f"From: {sender}\nTo: privacy@shop.example\nMIME-Version: 1.0\n"
            f"Content-Type: multipart/report; report-type={kind}; boundary=b\n\n"
            f"--b\nContent-Type: text/plain\n\nin words\n--b\nContent-Type: message/{kind}\n\n{fields}\n\n"
            f"{returned}--b--\n")


def whole(mail: str) -> InboundMessage:
    """A whole mail, parsed; it came with the null reverse-path."""
    envelope = {"mail_from": "", "rcpt_to": ["privacy@shop.example"]}
    return parse(new_item(mail.replace("\n", "\r\n").encode(), channel=ChannelKind.EMAIL, source="t", external_id="t",
                          envelope=envelope, received_at=NOW, item_id="i"))
