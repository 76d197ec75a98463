"""Rights requests: cases with a legal clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select

from storage.records import ChannelKind, Handle, RightsArticle, RightsRequest
from storage.schema import rights_request as requests
from storage.session import Session, Statement

_COLUMNS = ("id", "party_id", "handle_kind", "handle_value", "article", "received_at", "due_at", "status", "inbox_id")
_OPEN = Statement(insert(requests).inline(), _COLUMNS)
_LIST = Statement(
    select(*(requests.c[name] for name in _COLUMNS)).order_by(requests.c.due_at, requests.c.id)
    .limit(bindparam("most")))


def _request(row: Any) -> RightsRequest:
    request_id, party_id, kind, value, article, received_at, due_at, status, inbox_id = row
    return RightsRequest(request_id, party_id, Handle(ChannelKind(kind), value), RightsArticle(article), received_at,
                         due_at, status, inbox_id)


class SqlRequests:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def open(self, request: RightsRequest) -> None:
        """Start the clock."""
        self._s.run(_OPEN, {
            "id": request.id, "party_id": request.party_id, "handle_kind": request.handle.kind.value,
            "handle_value": request.handle.value, "article": request.article.value,
            "received_at": request.received_at, "due_at": request.due_at, "status": request.status,
            "inbox_id": request.inbox_id})

    def list(self, limit: int = 50) -> Sequence[RightsRequest]:
        """Soonest due first."""
        return [_request(row) for row in self._s.all(_LIST, {"most": limit})]
