"""Keyed HMACs of handles that must not be contacted; a pause beside a no, never instead of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from storage.keys import Keys
from storage.records import Handle
from storage.schema import suppression
from storage.upsert import ignoring, replacing

_PAUSE = ignoring(suppression)
_NO = replacing(suppression, "reason", "at", newest="at")
_LIFT = delete(suppression).where(
    suppression.c.digest == bindparam("digest"), suppression.c.channel == bindparam("channel"),
    suppression.c.purpose == bindparam("purpose"))
_LIFT_PAUSE = _LIFT.where(suppression.c.provisional.is_(True))
_FIND = (select(suppression.c.channel, suppression.c.purpose, suppression.c.reason, suppression.c.at,
                suppression.c.provisional)
         .where(suppression.c.digest == bindparam("digest"))
         .order_by(suppression.c.at, suppression.c.channel, suppression.c.purpose, suppression.c.provisional))


class SqlSuppression:
    """On one transaction's connection."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        """Nothing is read yet."""
        self._c, self._keys = connection, keys

    def add(self, handle: Handle, reason: str, at: datetime, *, channel: str, purpose: str,
            provisional: bool = False) -> None:
        """Suppress. A no keeps the newest date and settles the pause of the same scope; a pause keeps its first."""
        key = {"digest": self._keys.digest(handle), "channel": channel, "purpose": purpose}
        chosen = _PAUSE if provisional else _NO
        self._c.execute(chosen[self._c.dialect.name], {**key, "reason": reason, "at": at, "provisional": provisional})
        if not provisional:
            self._c.execute(_LIFT_PAUSE, key)

    def lift(self, handle: Handle, *, channel: str, purpose: str, provisional_only: bool) -> None:
        """Remove matching entries."""
        key = {"digest": self._keys.digest(handle), "channel": channel, "purpose": purpose}
        self._c.execute(_LIFT_PAUSE if provisional_only else _LIFT, key)

    def find(self, handle: Handle) -> Sequence[Mapping[str, Any]]:
        """Entries for this handle, oldest first."""
        rows = self._c.execute(_FIND, {"digest": self._keys.digest(handle)})
        return [dict(row._mapping) for row in rows]
