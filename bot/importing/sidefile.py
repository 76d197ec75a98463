"""Rows that were not taken in whole, beside the file they came from: line, reason, and the row as it was."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from bot.errors import OperatorError


class SideFile:
    """A CSV (UTF-8) made with the first row that it gets; readable by its owner alone. Use as a context manager.

    `after`: the last line of an interrupted run that is committed; what the file says of later ones is dropped, for
    they are read again.
    """

    def __init__(self, path: Path, columns: Sequence[str], after: int = 0) -> None:
        """Nothing is opened yet."""
        self.path, self._columns, self._after = path, list(columns), after
        self._file: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        """Take up what an interrupted run has left. Raises OperatorError."""
        try:
            if self._after and self.path.exists():
                self._resume()
            elif self.path.exists():
                self.path.unlink()
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be written: {error.strerror}.") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()

    def _resume(self) -> None:
        with self.path.open(encoding="utf-8", newline="") as old:
            kept = [row for row in csv.reader(old) if row and row[0].isdigit() and int(row[0]) <= self._after]
        self.path.unlink()
        for row in kept:
            self.add(row)
        self.flush()

    def add(self, row: Sequence[object]) -> None:
        """One row, the line's number first. Raises OperatorError."""
        try:
            if self._file is None:
                opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                self._file = os.fdopen(opened, "w", encoding="utf-8", errors="replace", newline="")
                csv.writer(self._file).writerow(self._columns)
            csv.writer(self._file).writerow(row)
        except OSError as error:
            raise OperatorError(f"{self.path} cannot be written: {error.strerror}.") from error
        self.count += 1

    def flush(self) -> None:
        """Durable, before the batch is committed."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
