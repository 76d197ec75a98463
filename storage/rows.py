"""Tables in memory, with a real rollback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from storage.errors import StorageError

K = TypeVar("K")
V = TypeVar("V")


class Rows(Generic[K, V]):
    """A table: a dict that can forget what was done to it since the transaction began. Records are frozen."""

    def __init__(self) -> None:
        """Empty, and closed for writing."""
        self._rows: dict[K, V] = {}
        self._before: dict[K, V] | None = None
        self.writable = False

    def begin(self, *, writable: bool) -> None:
        """Nothing is copied until something is written."""
        self._before, self.writable = None, writable

    def end(self, *, keep: bool) -> None:
        """Keep what was done, or restore what was."""
        if not keep and self._before is not None:
            self._rows = self._before
        self._before, self.writable = None, False

    def _touch(self) -> None:
        if not self.writable:
            raise StorageError("This unit of work only reads.")
        if self._before is None:
            self._before = dict(self._rows)

    def put(self, key: K, value: V) -> None:
        """Insert or replace."""
        self._touch()
        self._rows[key] = value

    def insert(self, key: K, value: V) -> bool:
        """Insert; False when the key is there already."""
        if key in self._rows:
            return False
        self.put(key, value)
        return True

    def drop(self, key: K) -> bool:
        """Remove; False when it is not there."""
        if key not in self._rows:
            return False
        self._touch()
        del self._rows[key]
        return True

    def get(self, key: K) -> V | None:
        """One row."""
        return self._rows.get(key)

    def names(self) -> Sequence[K]:
        """Keys in order of insertion."""
        return list(self._rows)

    def __iter__(self) -> Iterator[V]:
        """Rows in order of insertion."""
        return iter(list(self._rows.values()))

    def newest(self) -> Sequence[V]:
        """Rows, the latest inserted first."""
        return list(reversed(self._rows.values()))

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)


def unique(added: bool, what: str) -> None:
    """Raise StorageError when it was there."""
    if not added:
        raise StorageError(f"{what} is there already.")


def utc(moment: datetime | None) -> datetime | None:
    """The same instant, as a database gives it back."""
    return moment.astimezone(UTC) if moment else None


def plain(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """As a JSON column gives it back."""
    read: dict[str, Any] = json.loads(json.dumps(dict(value)))
    return read
