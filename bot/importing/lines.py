"""The rows of a file of any format, a row at a time: its line, its cells, or why it cannot be read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from bot.errors import OperatorError
from bot.importing import xlsx
from bot.importing.source import Source

LONGEST_CELL = 100_000  # characters
LONGEST_LINE = 1 << 20  # characters of a JSON line
SAMPLE = 200  # JSON lines whose names make the header
COLUMNS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `number`: the line it begins on, the header's being 1. `fault`: why it cannot be read."""

    number: int
    cells: Sequence[str]
    fault: str = ""


def header(source: Source, sheet: str = "") -> list[str]:
    """The names of the columns, as written. Raises OperatorError when there are none, or one comes twice."""
    if source.kind == "jsonl":
        names = _names(source)
    else:
        first = next(every(source, sheet), None)
        names = [] if first is None else [cell.strip() for cell in first.cells]
        if first is not None and first.fault:
            raise OperatorError(f"The header of {source.path} cannot be read: {first.fault}.")
    if not any(names):
        raise OperatorError(f"{source.path} has no header: its first line must name the columns.")
    if len(names) > COLUMNS:
        raise OperatorError(f"{source.path} has {len(names):,} columns; at most {COLUMNS:,} are read.")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise OperatorError(f"Two columns of {source.path} are called {twice[:80]}: give each its own name.")
    return names


def rows(source: Source, names: Sequence[str], sheet: str = "") -> Iterator[Line]:
    """Every row after the header, as many cells as there are names. Raises OperatorError when the file is damaged."""
    if source.kind == "jsonl":
        yield from _json_rows(source, names)
        return
    wanted = len(names)
    found = every(source, sheet)
    next(found, None)
    for line in found:
        given = len(line.cells)
        if not line.fault and not any(line.cells):
            continue  # an empty line says nothing
        if line.fault or given == wanted:
            yield line
        elif given < wanted:
            yield Line(line.number, [*line.cells, *[""] * (wanted - given)])
        elif any(line.cells[wanted:]):
            yield Line(line.number, line.cells[:wanted], f"it has {given} cells, and there are {wanted} columns")
        else:
            yield Line(line.number, line.cells[:wanted])


def every(source: Source, sheet: str) -> Iterator[Line]:
    """Every row of a CSV or XLSX file, the header too. Raises OperatorError when the file is damaged."""
    if source.kind == "xlsx":
        for number, cells, fault in xlsx.rows(source.path, sheet):
            yield Line(number, cells, fault)
    else:
        with source.path.open(encoding=source.encoding, errors="replace", newline="") as text:
            yield from _csv_rows(text, source.delimiter)


def _csv_rows(text: TextIO, delimiter: str) -> Iterator[Line]:
    """A record that cannot be read is one fault; the next begins on the line after it."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        number = reader.line_num + 1
        try:
            yield Line(number, next(reader))
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, (), f"a cell is longer than {LONGEST_CELL:,} characters, or a quote is never closed "
                                   f"(up to line {reader.line_num})")


def _json_lines(source: Source) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    number = 0
    with source.path.open(encoding=source.encoding, errors="replace", newline="\n") as text:
        while line := text.readline(LONGEST_LINE):
            number += 1
            if not line.endswith("\n") and len(line) >= LONGEST_LINE:
                while (rest := text.readline(LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                yield number, None, f"the line is longer than {LONGEST_LINE:,} characters"
                continue
            if not line.strip():
                continue
            try:
                read = json.loads(line)
            except (ValueError, RecursionError):
                read = None
            yield (number, read, "") if isinstance(read, dict) else (number, None, "the line is no JSON object")


def _names(source: Source) -> list[str]:
    names: dict[str, None] = {}
    for count, (_, read, _) in enumerate(_json_lines(source)):
        names |= dict.fromkeys(_flat(read or {}))
        if count >= SAMPLE:
            break
    return list(names)


def _json_rows(source: Source, names: Sequence[str]) -> Iterator[Line]:
    for number, read, fault in _json_lines(source):
        try:
            flat = _flat(read or {})
        except RecursionError:
            flat, fault = {}, "the line is no JSON object of one or two levels"
        cells = [flat.get(name, "") for name in names]
        if not fault and any(len(cell) > LONGEST_CELL for cell in cells):
            fault = f"a cell is longer than {LONGEST_CELL:,} characters"
        yield Line(number, cells, fault)


def _flat(read: dict[str, Any], before: str = "") -> dict[str, str]:
    """Names of inner objects follow a dot; true and false as such, null as nothing."""
    flat: dict[str, str] = {}
    for name, value in read.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[before + name] = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return flat
