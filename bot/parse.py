"""Bytes to `InboundMessage`: never raises for bad input; work is bounded in parts and in text size."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from html.parser import HTMLParser

from bot.messages import Attachment, Envelope, Headers, InboundMessage, Report, ReportKind
from nlp.text import split
from storage.records import ChannelKind, Handle, InboxItem

MAX_PARTS = 200
MAX_TEXT = 262_144  # characters read of a body; nobody writes more to be left in peace
MAX_HEADERS = 500


class _Text(HTMLParser):
    """The words of an HTML body; a blockquote becomes quoted lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.quote = self.skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "head", "title"):
            self.skip += 1
        self.quote += tag == "blockquote"
        if tag in ("br", "p", "div", "tr", "li", "blockquote"):
            self.out.append("\n" + "> " * min(self.quote, 1))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "title"):
            self.skip = max(0, self.skip - 1)
        self.quote = max(0, self.quote - (tag == "blockquote"))
        if tag in ("p", "div", "tr", "li", "blockquote"):
            self.out.append("\n" + "> " * min(self.quote, 1))

    def handle_data(self, data: str) -> None:
        if not self.skip:
            self.out.append(re.sub(r"\s+", " ", data))


def html_to_text(html: str) -> str:
    """Readable text of HTML, whatever is wrong with it."""
    reader = _Text()
    with contextlib.suppress(AssertionError, ValueError):
        reader.feed(html)
        reader.close()
    return re.sub(r"\n\s*\n+", "\n", "".join(reader.out)).strip()


def address(text: str) -> Handle | None:
    """The addr-spec of a header value, lower-cased, domain as A-label; None when there is none."""
    found = next((spec for _, spec in getaddresses([text]) if "@" in spec), None)
    if found is None:
        return None
    local, _, domain = found.strip().lower().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return Handle(ChannelKind.EMAIL, f"{local}@{domain}") if local and domain else None


def _decoded(value: object) -> str:
    text = re.sub(r"\r?\n[ \t]*", " ", str(value))
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, AssertionError):
        return text


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return raw[: 4 * MAX_TEXT].decode(charset)[:MAX_TEXT]
    return raw[:MAX_TEXT].decode("latin-1")


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
            yield part


def _report(root: Message, parts: list[Message]) -> Report | None:
    wanted = {f"message/{kind}": kind for kind in ReportKind}
    for part in parts:
        kind = wanted.get(part.get_content_type())
        if kind is None:
            continue
        blocks = part.get_payload()
        texts = [str(block) for block in blocks] if isinstance(blocks, list) else [_body(part)]
        fields: dict[str, str] = {}
        for name, value in re.findall(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$", "\n".join(texts), re.M):
            fields.setdefault(name.lower(), value.strip())
        return Report(kind, fields, _returned(parts))
    return None


def _returned(parts: list[Message]) -> Headers:
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            inner = part.get_payload()
            text = str(inner[0]) if isinstance(inner, list) and inner else _body(part)
            head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
            pairs = re.findall(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$", head, re.M)
            return Headers(tuple((name, value.strip()) for name, value in pairs))
    return Headers()


def _texts(parts: list[Message]) -> tuple[str, tuple[Attachment, ...]]:
    plain: list[str] = []
    html: list[str] = []
    attachments: list[Attachment] = []
    for part in parts:
        kind, named = part.get_content_type(), part.get_filename()
        if kind in ("text/plain", "text/html") and not named and part.get_content_disposition() != "attachment":
            (plain if kind == "text/plain" else html).append(_body(part))
        elif named or part.get_content_maintype() not in ("multipart", "message", "text"):
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            attachments.append(Attachment(_decoded(named) if named else None, kind, len(data),
                                          hashlib.sha256(data).hexdigest()))
    text = "\n".join(plain) if any(body.strip() for body in plain) else html_to_text("\n".join(html)[:MAX_TEXT])
    return text[:MAX_TEXT].replace("\r\n", "\n"), tuple(attachments)


def parse(item: InboxItem) -> InboundMessage:
    """Any bytes of any channel; what was wrong with them is listed in `defects`."""
    envelope = Envelope(item.envelope.get("mail_from"), tuple(item.envelope.get("rcpt_to", ())),
                        item.envelope.get("peer"))
    try:
        return _mail(item, envelope)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        text = item.raw[:MAX_TEXT].decode("utf-8", "replace")
        return InboundMessage(inbox_id=item.id, channel=item.channel, source=item.source, envelope=envelope,
                              received_at=item.received_at, raw_hash=item.content_hash, fresh_text=text, raw=item.raw,
                              defects=(f"could not be read as mail: {type(error).__name__}",))


def _mail(item: InboxItem, envelope: Envelope) -> InboundMessage:
    root = BytesParser(policy=compat32).parsebytes(item.raw)
    headers = Headers(tuple((name, _decoded(value)) for name, value in root.items()[:MAX_HEADERS]))
    parts = list(_parts(root))
    text, attachments = _texts(parts)
    words = split(text)
    ids = [found for name in ("In-Reply-To", "References") for found in re.findall(r"<[^<>\s]{1,500}>",
           headers.get(name) or "")]
    answered = re.findall(r"<[^<>\s]{1,500}>", headers.get("In-Reply-To") or "")
    recipients = getaddresses([value for name in ("To", "Cc") for value in headers.all(name)])
    defects = tuple(type(defect).__name__ for defect in root.defects)
    if len(parts) >= MAX_PARTS:
        defects += (f"more than {MAX_PARTS} parts: the rest was not read",)
    named = getaddresses([headers.get("From") or ""])
    return InboundMessage(
        inbox_id=item.id, channel=item.channel, source=item.source, received_at=item.received_at,
        raw_hash=item.content_hash, envelope=envelope, headers=headers, sender=address(headers.get("From") or ""),
        sender_name=named[0][0] if named else "", reply_to=address(headers.get("Reply-To") or ""),
        recipients=tuple(spec.lower() for _, spec in recipients if "@" in spec), subject=headers.get("Subject") or "",
        message_id=(headers.get("Message-ID") or "").strip() or None, in_reply_to=answered[0] if answered else None,
        references=tuple(ids), fresh_text=words.fresh, quoted_text=words.quoted, signature=words.signature,
        attachments=attachments, report=_report(root, parts), forwarded=words.forwarded, defects=defects, raw=item.raw,
    )
