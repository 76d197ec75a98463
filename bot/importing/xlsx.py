"""The rows of a sheet of an XLSX workbook (ECMA-376), streamed; what only a damaged or hostile file has is refused.

Expat reads it: a document type or an entity is an error (no workbook has one), and so is a part that grows beyond what
its compressed size can honestly hold. Shared strings lie in a temporary file, not in memory.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from xml.parsers import expat

from bot.errors import OperatorError

PIECE = 1 << 16
LONGEST_CELL = 32_767  # characters, by the format
LARGEST_RATIO = 300  # of a part's bytes to its compressed ones; real sheets have 5 to 60
HONEST = 64 << 20  # bytes that any part may have
LARGEST = 8 << 30
COLUMNS = 16_384
IN_MEMORY = 16 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, NotImplementedError, RuntimeError,
           expat.ExpatError, ValueError, OverflowError)
Row = tuple[int, Sequence[str], str]


class Refused(Exception):
    """What no honest workbook has; the message says what."""


def rows(path: Path, sheet: str = "") -> Iterator[Row]:
    """Number, cells and fault of each row of the sheet (default: the first). Raises OperatorError."""
    try:
        with zipfile.ZipFile(path) as book:
            part = _part_of(book, sheet, path)
            with _Strings() as strings:
                if "xl/sharedStrings.xml" in book.namelist():
                    _feed_all(book, "xl/sharedStrings.xml", _StringsReader(strings))
                reader = _SheetReader(strings)
                for _ in _feed(book, part, reader):
                    yield from reader.take()
                yield from reader.take()
    except Refused as error:
        raise OperatorError(f"{path} is not read: {error}.") from error
    except DAMAGED as error:
        raise OperatorError(f"{path} is no whole XLSX workbook: save it again, or as CSV.") from error


def sheets(book: zipfile.ZipFile) -> dict[str, str]:
    """Names of the sheets in their order, and the part that holds each."""
    targets, found = _Named("Relationship", "Id", "Target"), _Named("sheet", "name", "id")
    _feed_all(book, "xl/_rels/workbook.xml.rels", targets)
    _feed_all(book, "xl/workbook.xml", found)
    parts = {}
    for name, relation in found.pairs:
        target = dict(targets.pairs).get(relation, "")
        parts[name] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return parts


def from_1904(path: Path) -> bool:
    """Whether the workbook counts its days from 1904, as old ones of the Macintosh do. Raises OperatorError."""
    found = _Named("workbookPr", "date1904", "date1904")
    try:
        with zipfile.ZipFile(path) as book:
            _feed_all(book, "xl/workbook.xml", found)
    except (Refused, *DAMAGED) as error:
        raise OperatorError(f"{path} is no whole XLSX workbook: save it again, or as CSV.") from error
    return any(value in ("1", "true") for _, value in found.pairs)


def _part_of(book: zipfile.ZipFile, sheet: str, path: Path) -> str:
    known = sheets(book)
    if not known or (sheet and sheet not in known):
        raise OperatorError(f"{path} has no sheet {sheet or 'at all'}: it has {', '.join(known)[:300] or 'none'}.")
    return known[sheet] if sheet else next(iter(known.values()))


def _feed(book: zipfile.ZipFile, part: str, reader: _Reader) -> Iterator[None]:
    """Parse a part piece by piece. Raises Refused and what the libraries raise."""
    known = book.getinfo(part)
    most = min(LARGEST, max(HONEST, known.compress_size * LARGEST_RATIO))
    parser, read = reader.parser(), 0
    with book.open(part) as file:
        while piece := file.read(PIECE):
            read += len(piece)
            if read > most:
                raise Refused("a part of it grows beyond measure when it is unpacked")
            parser.Parse(piece, False)
            yield None
    parser.Parse(b"", True)


def _feed_all(book: zipfile.ZipFile, part: str, reader: _Reader) -> None:
    for _ in _feed(book, part, reader):
        pass


class _Reader:
    """What happens at each element; names without their prefix."""

    def parser(self) -> expat.XMLParserType:
        """Entities and document types are refused before they mean anything."""
        made = expat.ParserCreate()
        made.buffer_text = True
        made.StartDoctypeDeclHandler = _refuse
        made.EntityDeclHandler = _refuse
        made.StartElementHandler = self.started
        made.EndElementHandler = self.ended
        made.CharacterDataHandler = self.text
        return made

    def started(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""

    def ended(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Characters."""


def _refuse(*_: object) -> None:
    raise Refused("it declares a document type or an entity, which no workbook does")


class _Named(_Reader):
    """Two attributes of each element of a name."""

    def __init__(self, element: str, key: str, value: str) -> None:
        self.element, self.key, self.value = element, key, value
        self.pairs: list[tuple[str, str]] = []

    def started(self, name: str, given: dict[str, str]) -> None:
        if name.rpartition(":")[2] == self.element:
            plain = {key.rpartition(":")[2]: value for key, value in given.items()}
            self.pairs.append((plain.get(self.key, ""), plain.get(self.value, "")))


class _Strings:
    """The shared strings, by their number."""

    def __enter__(self) -> _Strings:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)
        self._ends = array("Q", [0])
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, value: str) -> None:
        self._ends.append(self._ends[-1] + self._file.write(value.encode("utf-8", "replace")))

    def get(self, number: int) -> str:
        """Raises IndexError."""
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        self._file.seek(start)
        return self._file.read(end - start).decode()


class _StringsReader(_Reader):
    """`<si>` of xl/sharedStrings.xml; phonetic runs are left out."""

    def __init__(self, strings: _Strings) -> None:
        self._strings, self._inside, self._words, self._length = strings, False, list[str](), 0
        self._phonetic = False

    def started(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "si":
            self._words, self._length = [], 0
        self._phonetic = self._phonetic or tag == "rPh"
        self._inside = tag == "t" and not self._phonetic

    def ended(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "si":
            self._strings.add("".join(self._words))
        if tag == "rPh":
            self._phonetic = False
        self._inside = False

    def text(self, data: str) -> None:
        if self._inside and self._length <= LONGEST_CELL:
            self._words.append(data)
            self._length += len(data)


class _SheetReader(_Reader):
    """`<row>` and `<c>` of a sheet; what is complete is taken with `take`."""

    def __init__(self, strings: _Strings) -> None:
        self._strings, self._rows = strings, list[Row]()
        self._number, self._cells, self._fault = 0, list[str](), ""
        self._kind, self._column, self._inside, self._words, self._length = "", -1, False, list[str](), 0

    def take(self) -> list[Row]:
        """The rows that are complete since the last call."""
        done, self._rows = self._rows, []
        return done

    def started(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._number = int(given.get("r", self._number + 1))
            self._cells, self._fault, self._column = [], "", -1
        elif tag == "c":
            self._kind, self._words, self._length = given.get("t", ""), [], 0
            self._column = _column(given["r"]) if "r" in given else self._column + 1
            if not 0 <= self._column < COLUMNS:
                raise Refused("it has more columns than the format allows")
        self._inside = tag in ("v", "t")

    def ended(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        self._inside = False
        if tag == "c":
            self._cells.extend([""] * (self._column + 1 - len(self._cells)))
            self._cells[self._column] = self._value()
        elif tag == "row":
            self._rows.append((self._number, self._cells, self._fault))

    def text(self, data: str) -> None:
        if not self._inside:
            return
        self._length += len(data)
        if self._length <= LONGEST_CELL:
            self._words.append(data)
        else:
            self._fault = f"a cell is longer than {LONGEST_CELL:,} characters"

    def _value(self) -> str:
        value = "".join(self._words)
        if self._kind == "s":
            try:
                return self._strings.get(int(value))
            except (IndexError, ValueError):
                self._fault = "a cell names a text that the workbook does not have"
        return {"1": "true", "0": "false"}.get(value, value) if self._kind == "b" else value


def _column(reference: str) -> int:
    """A1 is 0, AA1 is 26; -1 for what is no reference."""
    letters = re.match(r"[A-Z]{1,3}(?=\d)", reference)
    number = 0
    for letter in letters[0] if letters else "":
        number = number * 26 + ord(letter) - 64
    return number - 1
