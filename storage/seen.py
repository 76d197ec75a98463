"""Which keys came up before, for files of any length: a private temporary database that SQLite itself removes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from types import TracebackType
from typing import Self

CACHE_KIB = 8192  # the rest spills to disk


class Seen:
    """A set of text keys in constant memory. Use as a context manager."""

    def __enter__(self) -> Self:
        """Make it."""
        self._db = sqlite3.connect("")
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Forget it."""
        self._db.close()

    def add(self, keys: Iterable[str]) -> list[bool]:
        """For each key in turn, whether it had come up before."""
        insert = "INSERT OR IGNORE INTO seen VALUES (?)"
        return [self._db.execute(insert, (key,)).rowcount == 0 for key in keys]
