"""Bytes to `InboundMessage`: never raises for bad input; work is bounded in parts and in text size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesFeedParser, BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from bot import contact_points
from bot.html_text import html_to_text
from bot.mail_body import body, decode, tame, weigh
from bot.mail_reports import report
from bot.messages import Attachment, Envelope, Headers, InboundMessage
from nlp.text import split
from storage.records import ChannelKind, Handle, InboxItem

MAX_PARTS = 200
MAX_TEXT = 262_144  # characters read of a body; nobody writes more to be left in peace
MAX_HEADERS = 500
MAX_HEADER = 20_000  # characters of one header field
MAX_LINES, MAX_BOUNDARIES, BOMB_READ = 1_000_000, 10_000, 524_288
LONG_LINE = 1_048_576  # bytes without a line end: RFC 5322 allows 998
PIECE = 65_536  # bytes given to the parser at a time: it copies what it is given

# What the library raises on input that it does not foresee.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError)


def _bounded(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A mail of so many lines or boundaries is a bomb: only its first bytes are parsed, so memory stays bounded."""
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MAX_LINES or raw.count(b"\n--") > MAX_BOUNDARIES:
        return raw[:BOMB_READ], (f"too many lines or parts: only {BOMB_READ} bytes were read",)
    if len(raw) > LONG_LINE and _has_a_long_line(raw):
        return raw[:BOMB_READ], (f"a line of more than {LONG_LINE} bytes: only {BOMB_READ} bytes were read",)
    return raw, ()


def _has_a_long_line(raw: bytes) -> bool:
    """Whether some LONG_LINE bytes follow each other without a line end."""
    start = 0
    while start + LONG_LINE < len(raw):
        end = raw.rfind(b"\n", start, start + LONG_LINE)
        if end < start:
            return True
        start = end + 1
    return False


def _parsed(raw: bytes) -> Message:
    """The tree, made in pieces, which keeps the peak at some three times the mail."""
    parser: BytesFeedParser[Message] = BytesFeedParser(policy=compat32)
    for start in range(0, len(raw), PIECE):
        parser.feed(raw[start : start + PIECE])
    return parser.close()


def address(text: str) -> Handle | None:
    """The addr-spec of a header value, lower-cased, domain as A-label; None when there is none."""
    found = next((spec for _, spec in getaddresses([text]) if "@" in spec), None)
    if found is None:
        return None
    value = contact_points.email_as_written(found)
    return Handle(ChannelKind.EMAIL, value) if value else None


def _eight_bit(text: str) -> str:
    """Raw 8-bit header bytes, which the parser keeps as surrogates, read as utf-8, else cp1252."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return decode(raw, "utf-8", MAX_HEADER)


def _decoded(value: object) -> str:
    text = re.sub(r"\r?\n[ \t]*", " ", _eight_bit(str(value)[:MAX_HEADER]))
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text))).encode("utf-8", "replace").decode()  # a codec may make surrogates
    except (ValueError, LookupError, AssertionError, MessageError):
        return text


def _parts(root: Message) -> Iterator[Message]:
    """Leaves in order, without entering returned or attached messages; at most MAX_PARTS."""
    waiting, seen = [root], 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop()
        seen += 1
        children = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(children, list):
            inner = [child for child in children[:MAX_PARTS] if isinstance(child, Message)]
            waiting.extend(reversed(inner))
        else:
            tame(part)
            yield part


def _texts(parts: list[Message]) -> tuple[str, tuple[Attachment, ...]]:
    plain: list[str] = []
    html: list[str] = []
    attachments: list[Attachment] = []
    for part in parts:
        kind, named = part.get_content_type(), part.get_filename()
        if kind in ("text/plain", "text/html") and not named and part.get_content_disposition() != "attachment":
            (plain if kind == "text/plain" else html).append(body(part, MAX_TEXT))
        elif named or part.get_content_maintype() not in ("multipart", "message", "text"):
            attachments.append(Attachment(_decoded(named) if named else None, kind, *weigh(part)))
    text = "\n".join(plain) if any(each.strip() for each in plain) else html_to_text("\n".join(html)[:MAX_TEXT])
    return text[:MAX_TEXT].replace("\r\n", "\n"), tuple(attachments)


def parse(item: InboxItem) -> InboundMessage:
    """Any bytes of any channel; what was wrong with them is listed in `defects`."""
    envelope = Envelope(item.envelope.get("mail_from"), tuple(item.envelope.get("rcpt_to", ())),
                        item.envelope.get("peer"), item.envelope.get("helo") or "")
    raw, cut = _bounded(item.raw)
    try:
        return _mail(item, envelope, _parsed(raw), cut)
    except BROKEN as error:
        defect = f"its parts could not be read: {type(error).__name__}"
    try:
        return _mail(item, envelope, _headers_only(raw), (*cut, defect))
    except BROKEN as error:
        text = item.raw[:MAX_TEXT].decode("utf-8", "replace")
        return InboundMessage(inbox_id=item.id, channel=item.channel, source=item.source, envelope=envelope,
                              received_at=item.received_at, raw_hash=item.content_hash, fresh_text=text, raw=item.raw,
                              defects=(f"could not be read as mail: {type(error).__name__}",))


def _headers_only(raw: bytes) -> Message:
    """Who wrote is kept when the parts cannot be told apart: everything below the header is text."""
    root = BytesHeaderParser(policy=compat32).parsebytes(raw)
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        del root[name]
    return root


def _mail(item: InboxItem, envelope: Envelope, root: Message, cut: tuple[str, ...]) -> InboundMessage:
    headers = Headers(tuple((name, _decoded(value)) for name, value in list(root.raw_items())[:MAX_HEADERS]))
    parts = list(_parts(root))
    text, attachments = _texts(parts)
    words = split(text)
    ids = [found for name in ("In-Reply-To", "References") for found in re.findall(r"<[^<>\s]{1,500}>",
           headers.get(name) or "")]
    answered = re.findall(r"<[^<>\s]{1,500}>", headers.get("In-Reply-To") or "")
    recipients = getaddresses([value for name in ("To", "Cc") for value in headers.all(name)])
    defects = tuple(type(defect).__name__ for defect in root.defects) + cut
    if root.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"):
        defects += ("encrypted: its text cannot be read",)
    if len(parts) >= MAX_PARTS:
        defects += (f"more than {MAX_PARTS} parts: the rest was not read",)
    named = getaddresses([headers.get("From") or ""])
    return InboundMessage(
        inbox_id=item.id, channel=item.channel, source=item.source, received_at=item.received_at,
        raw_hash=item.content_hash, envelope=envelope, headers=headers, sender=address(headers.get("From") or ""),
        sender_name=named[0][0] if named else "", several_authors=len(named) > 1,
        reply_to=address(headers.get("Reply-To") or ""),
        recipients=tuple(spec.lower() for _, spec in recipients if "@" in spec), subject=headers.get("Subject") or "",
        message_id=(headers.get("Message-ID") or "").strip() or None, in_reply_to=answered[0] if answered else None,
        references=tuple(ids), fresh_text=words.fresh, quoted_text=words.quoted, signature=words.signature,
        attachments=attachments, report=report(root, parts), forwarded=words.forwarded, defects=defects, raw=item.raw,
    )
