"""Keyed HMACs of handles that must not be contacted; a pause beside a no, never instead of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from storage.keys import Keys
from storage.records import Handle
from storage.schema import suppression
from storage.session import Session, Statement
from storage.upsert import ignoring, replacing

_COLUMNS = ("digest", "channel", "purpose", "provisional", "reason", "at")
_SHOWN = _COLUMNS[1:]
_PAUSE = Statement(ignoring(suppression), _COLUMNS)
_NO = Statement(replacing(suppression, "reason", "at", newest="at"), _COLUMNS)
_SCOPE = delete(suppression).where(
    suppression.c.digest == bindparam("digest"), suppression.c.channel == bindparam("channel"),
    suppression.c.purpose == bindparam("purpose"))
_LIFT = Statement(_SCOPE)
_LIFT_PAUSE = Statement(_SCOPE.where(suppression.c.provisional.is_(True)))
_FIND = Statement(
    select(*(suppression.c[name] for name in _SHOWN)).where(suppression.c.digest == bindparam("digest"))
    .order_by(suppression.c.at, suppression.c.channel, suppression.c.purpose, suppression.c.provisional))


class SqlSuppression:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def add(self, handle: Handle, reason: str, at: datetime, *, channel: str, purpose: str,
            provisional: bool = False) -> None:
        """Suppress. A no keeps the newest date and settles the pause of the same scope; a pause keeps its first."""
        key = {"digest": self._keys.digest(handle), "channel": channel, "purpose": purpose}
        values = {**key, "reason": reason, "at": at, "provisional": provisional}
        if provisional:
            self._s.run(_PAUSE, values)
        else:
            self._s.run(_NO, values)
            self._s.run(_LIFT_PAUSE, key)

    def lift(self, handle: Handle, *, channel: str, purpose: str, provisional_only: bool) -> None:
        """Remove matching entries."""
        key = {"digest": self._keys.digest(handle), "channel": channel, "purpose": purpose}
        self._s.run(_LIFT_PAUSE if provisional_only else _LIFT, key)

    def find(self, handle: Handle) -> Sequence[Mapping[str, Any]]:
        """Entries for this handle, oldest first."""
        rows = self._s.all(_FIND, {"digest": self._keys.digest(handle)})
        return [dict(zip(_SHOWN, row, strict=True)) for row in rows]
