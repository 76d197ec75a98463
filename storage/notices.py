"""The exact words that were shown, once each: what a yes or a no answered."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from storage.records import Notice
from storage.schema import notice as notices
from storage.session import Session, Statement
from storage.upsert import ignoring

_FIELDS = ("id", "name", "version", "language", "text", "since")
_ADD = Statement(ignoring(notices), _FIELDS)
_GET = Statement(select(*(notices.c[name] for name in _FIELDS)).where(notices.c.id == bindparam("notice")))


class SqlNotices:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def add(self, notice: Notice) -> None:
        """Keep it; the first time it was shown stays."""
        self._s.run(_ADD, {name: getattr(notice, name) for name in _FIELDS})

    def get(self, notice_id: str) -> Notice | None:
        """By its id."""
        row = self._s.first(_GET, {"notice": notice_id})
        return Notice(*row) if row else None
