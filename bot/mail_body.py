"""Text of one MIME part: charset (wrong or hostile ones included) and format=flowed (RFC 3676)."""

from __future__ import annotations

import binascii
import codecs
import hashlib
import re
from email.message import Message

# Text charsets only: codecs such as utf-7, punycode or unicode_escape are ways to hide words or to burn time.
CHARSETS = re.compile(r"(?:utf-(?:8|16|32)(?:-[bl]e)?|utf-8-sig|ascii|iso8859-\d+|cp\d+|koi8-[rut]|iso2022_.*|gb.*|"
                      r"big5.*|shift_jis.*|euc_.*|mac-.*|tis-620|hz|johab)")


def decode(raw: bytes, charset: str, limit: int) -> str:
    """At most `limit` characters; the declared charset when it holds, else utf-8, else cp1252. Never raises."""
    for name in (charset, "utf-8"):
        try:
            known = codecs.lookup(name).name
            if CHARSETS.fullmatch(known):
                cut = raw[: 4 * limit]  # a cut may fall inside a character: then the decoder is not told it is final
                return codecs.getincrementaldecoder(known)("strict").decode(cut, len(cut) == len(raw))[:limit]
        except (UnicodeError, LookupError, ValueError, TypeError):
            continue
    return raw[:limit].decode("cp1252", "replace")


def unflow(text: str, delsp: bool) -> str:
    """Joins flowed lines of the same quote depth, drops space-stuffing; `-- ` ends a paragraph (RFC 3676 4)."""
    out: list[str] = []
    pieces: list[str] = []
    depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if pieces and (level != depth or content == "-- "):
            out.append(_quoted(depth, pieces))
            pieces = []
        depth = level
        flowed = content.endswith(" ") and content != "-- "
        pieces.append(content[:-1] if flowed and delsp else content)
        if not flowed:
            out.append(_quoted(depth, pieces))
            pieces = []
    if pieces:
        out.append(_quoted(depth, pieces))
    return "\n".join(out)


def _quoted(depth: int, pieces: list[str]) -> str:
    return (">" * depth + " " if depth else "") + "".join(pieces)


PIECE = 65_536  # base64 characters decoded at a time, a multiple of 4
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def weigh(part: Message) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what is attached, without holding it decoded."""
    coded = part.get_payload()
    if not isinstance(coded, str) or str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        return len(data), hashlib.sha256(data).hexdigest()
    size, digest, left = 0, hashlib.sha256(), ""
    for start in range(0, len(coded), PIECE):
        good = left + NOT_BASE64.sub("", coded[start : start + PIECE])
        whole = len(good) - len(good) % 4
        left = good[whole:]
        data = binascii.a2b_base64(good[:whole])
        size += len(data)
        digest.update(data)
    with_rest = binascii.a2b_base64(left + "=" * (-len(left) % 4)) if len(left) > 1 else b""
    digest.update(with_rest)
    return size + len(with_rest), digest.hexdigest()


def tame(part: Message) -> None:
    """Drop the parameters of a Content-Type whose charset makes the library raise (NUL, broken RFC 2231 pieces)."""
    try:
        codecs.lookup(str(part.get_content_charset() or "utf-8"))
    except LookupError:
        return  # merely unknown
    except (TypeError, ValueError):
        part.replace_header("Content-Type", part.get_content_type())


def body(part: Message, limit: int) -> str:
    """The part's text with LF line ends and no NUL, at most `limit` characters."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    text = decode(raw, str(part.get_content_charset() or "utf-8"), limit)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if str(part.get_param("format", "")).lower() == "flowed":
        text = unflow(text, str(part.get_param("delsp", "")).lower() == "yes")
    return text
