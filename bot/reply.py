"""May we answer at all, and the answer's bytes."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from email.charset import BASE64, Charset
from email.header import Header
from email.utils import format_datetime

from bot.messages import Fact, Findings, InboundMessage, OutboundMessage
from storage.records import ChannelKind, Handle
from templates import Rendered

WORDS = Charset("utf-8")
WORDS.header_encoding = BASE64  # the default tries both encodings, and costs more than the rest of the header
SILENT = (Fact.AUTO_SUBMITTED, Fact.BOUNCE, Fact.COMPLAINT, Fact.LIST_TRAFFIC, Fact.LOOP, Fact.TOO_OFTEN,
          Fact.ASKS_SILENCE)
SERVICE = re.compile(r"^(?:owner-.*|.*-(?:request|owner|bounces)|mailer-daemon|postmaster|(?:no|do-?not)-?reply)$")


def may_reply(message: InboundMessage, findings: Findings) -> str | None:
    """None when we may; else why not (RFC 3834 section 2).

    No answer to: a robot (Auto-Submitted other than no, vendor marks, null reverse-path), a bounce, a complaint
    report, list or bulk traffic, our own mail come back, a sender who had enough answers for now, a message
    without a sender, or an address that no person reads (owner-, -request, mailer-daemon, no-reply).
    """
    hit = next((hit for hit in (findings.get(fact) for fact in SILENT) if hit), None)
    if hit is not None:
        return hit.reason
    if message.sender is None:
        return "the message has no sender"
    if SERVICE.match(message.sender.value.rpartition("@")[0]):
        return "the sender's address is read by no person"
    return None


def _clean(value: str) -> str:
    """One line: nothing from outside may start a header field."""
    return re.sub(r"[\r\n\0]+", " ", value).strip()


def _words(text: str) -> str:
    """As encoded words when it is not a short ASCII text (RFC 2047)."""
    if text.isascii() and len(text) < 60:
        return text
    return Header(text, WORDS, 72).encode().replace("\n", "\r\n")


def _part(kind: str, text: str) -> str:
    body = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    return f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"


def compose(message: InboundMessage | None, rendered: Rendered, *, template: str, language: str, sender: str,
            to: Handle, message_id: str, loop_key: str, date: datetime, reply_to: str | None = None) -> OutboundMessage:
    """multipart/alternative with CRLF; null envelope sender, so that nothing bounces back. Signed when it is sent.

    `reply_to` is our address with a signed token: whoever answers proves that this mail reached them.
    """
    boundary = "=_" + message_id.strip("<>").partition("@")[0].replace("-", "")
    fields = [("From", _clean(sender)), ("To", _clean(to.value)),
              ("Subject", _words(_clean(rendered.subject))),
              ("Date", format_datetime(date)), ("Message-ID", message_id)]
    if message is not None and message.message_id and re.fullmatch(r"<[^<>\s]{1,500}>", message.message_id):
        chain = [each for each in message.references if re.fullmatch(r"<[\x21-\x7e]+>", each)]
        fields += [("In-Reply-To", message.message_id),
                   ("References", "\r\n ".join([*chain[-10:], message.message_id]))]
    if reply_to is not None:
        fields.append(("Reply-To", _clean(reply_to)))
    fields += [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"), ("X-Loop", loop_key),
               ("Content-Language", language), ("MIME-Version", "1.0"),
               ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    parts = "".join(f"--{boundary}\r\n{part}" for part in (_part("plain", rendered.text), _part("html", rendered.html)))
    payload = f"{head}\r\n{parts}--{boundary}--\r\n".encode("ascii", "replace")
    return OutboundMessage(channel=ChannelKind.EMAIL, recipient=to, template=template, language=language,
                           subject=rendered.subject, envelope_from="", message_id=message_id, payload=payload)
