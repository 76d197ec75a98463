"""Machine reports: DSN (RFC 3464), ARF (RFC 5965), MDN (RFC 8098), and the bounces of old mail servers."""

from __future__ import annotations

import re
from email.message import Message

from bot.mail_body import body
from bot.messages import Headers, Report, ReportKind

MAX_REPORT = 65_536  # characters of a report part that are read
MAX_GROUPS = 100  # recipients of one DSN
FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{0,60}):(.*)$", re.M)


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    """Header-like lines, unfolded first: a long Message-ID is often alone on its second line."""
    unfolded = re.sub(r"\n[ \t]+", " ", text[:MAX_REPORT].replace("\r", ""))
    return tuple((name, value.strip()) for name, value in FIELD.findall(unfolded))


def _text(part: Message) -> str:
    inner = part.get_payload()
    if not isinstance(inner, list):
        return body(part, MAX_REPORT)
    return "\n\n".join("\n".join(f"{name}: {value}" for name, value in block.items()) for block in inner[:MAX_GROUPS]
                       if isinstance(block, Message))


def _returned(parts: list[Message]) -> Headers:
    kinds = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
    found = next((part for part in parts if part.get_content_type() in kinds), None)
    return Headers(_fields(_text(found).lstrip().partition("\n\n")[0])) if found is not None else Headers()


def report(root: Message, parts: list[Message]) -> Report | None:
    """The report a mail is, not one that a person's mail carries: only multipart/report or a bare report part."""
    wanted = {f"message/{kind}": kind for kind in ReportKind}
    if root.get_content_type() in ("multipart/report", *wanted):
        for part in parts:
            kind = wanted.get(part.get_content_type())
            if kind is not None:
                groups = [_fields(group) for group in re.split(r"\n[ \t]*\n", _text(part))[:MAX_GROUPS]]
                rows = [{name.lower(): value for name, value in reversed(group)} for group in groups if group]
                fields = {name: value for row in reversed(rows) for name, value in row.items()}
                people = tuple(row for row in rows if "final-recipient" in row or "action" in row)
                return Report(kind, fields, _returned(parts), people)
    return _plain_bounce(root, parts)


def _plain_bounce(root: Message, parts: list[Message]) -> Report | None:
    """A bounce without a report part: Exim says whom it gave up on in X-Failed-Recipients."""
    failed = root.get("X-Failed-Recipients")
    if failed is None or not parts:
        return None
    ids = [pair for pair in _fields(body(parts[0], MAX_REPORT)) if pair[0].lower() == "message-id"]
    row = {"final-recipient": str(failed)[:1_000], "action": "failed", "status": "5.0.0"}
    return Report(ReportKind.DELIVERY, row, Headers(tuple(ids[-1:])), (row,))
