"""What a file is: its hash, format, encoding and delimiter, from one pass over its bytes."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.errors import OperatorError

PIECE = 1 << 20  # bytes read at a time
HEAD = 1 << 16
DELIMITERS = (";", ",", "\t", "|")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `kind`: csv, xlsx or jsonl. `encoding` and `delimiter` say nothing for xlsx."""

    path: Path
    hash: str  # sha256 hex of the bytes
    size: int  # bytes
    kind: str
    encoding: str = ""
    delimiter: str = ""


def look(path: Path, encoding: str = "", delimiter: str = "") -> Source:
    """Read the file once; what is given is believed. Raises OperatorError."""
    digest, size, head, utf8 = hashlib.sha256(), 0, b"", codecs.getincrementaldecoder("utf-8")()
    valid = True
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                head = head or piece[:HEAD]
                digest.update(piece)
                size += len(piece)
                valid = valid and _decodes(utf8, piece)
            valid = valid and _decodes(utf8, b"", final=True)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
    if not size:
        raise OperatorError(f"{path} is empty.")
    kind = _kind(path, head)
    if kind == "xlsx":
        return Source(path, digest.hexdigest(), size, kind)
    known = encoding or _encoding(head, utf8=valid)
    text = _text(path, head, known)
    if kind == "csv" and text.lstrip().startswith("{"):
        kind = "jsonl"
    return Source(path, digest.hexdigest(), size, kind, known, delimiter or _delimiter(text))


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _kind(path: Path, head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")) or path.suffix.lower() in (".xls", ".xlsx", ".ods"):
        raise OperatorError(f"{path} is no CSV, XLSX or JSON Lines file: save it as one of these.")
    return "jsonl" if path.suffix.lower() in (".jsonl", ".ndjson") else "csv"


def _encoding(head: bytes, *, utf8: bool) -> str:
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 8 and min(even, odd) < max(even, odd) // 8:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8" if utf8 else "cp1252"


def _text(path: Path, head: bytes, encoding: str) -> str:
    try:
        return head.decode(encoding, "replace")
    except LookupError as error:
        raise OperatorError(f"{encoding} is no encoding: write utf-8, utf-16 or cp1252.") from error


def _delimiter(text: str) -> str:
    """The one that the first line has most of, outside of quotes."""
    first = text.split("\n", 1)[0]
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count) if any(mark in outside for mark in DELIMITERS) else ","
