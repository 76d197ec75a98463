"""Open re-consent requests: what a yes must answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage.records import ChannelKind, Handle, Invitation
from storage.schema import invitation as invitations
from storage.session import Session, Statement

_FIELDS = ("id", "party_id", "channel", "message_id", "sent_at", "expires_at", "notice", "answered_at", "purposes",
           "handle_kind", "handle_value")
_ROWS = select(*(invitations.c[name] for name in _FIELDS))
_ADD = Statement(insert(invitations).inline(), _FIELDS)
_GET = Statement(_ROWS.where(invitations.c.id == bindparam("invitation")))
_BY_MESSAGE_ID = Statement(_ROWS.where(invitations.c.message_id == bindparam("message_id")))
_ANSWER = Statement(
    update(invitations).where(invitations.c.id == bindparam("invitation"), invitations.c.answered_at.is_(None)),
    ("answered_at",))


def _invitation(row: Any | None) -> Invitation | None:
    if row is None:
        return None
    (invitation_id, party_id, channel, message_id, sent_at, expires_at, notice, answered_at, purposes, kind,
     value) = row
    return Invitation(invitation_id, party_id, Handle(ChannelKind(kind), value), tuple(purposes), channel, message_id,
                      sent_at, expires_at, notice, answered_at)


class SqlInvitations:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def add(self, invitation: Invitation) -> None:
        """Record that a person was asked."""
        self._s.run(_ADD, {
            "id": invitation.id, "party_id": invitation.party_id, "handle_kind": invitation.handle.kind.value,
            "handle_value": invitation.handle.value, "purposes": list(invitation.purposes),
            "channel": invitation.channel, "message_id": invitation.message_id, "sent_at": invitation.sent_at,
            "expires_at": invitation.expires_at, "notice": invitation.notice, "answered_at": invitation.answered_at})

    def get(self, invitation_id: str) -> Invitation | None:
        """By id."""
        return _invitation(self._s.first(_GET, {"invitation": invitation_id}))

    def by_message_id(self, message_id: str) -> Invitation | None:
        """By the Message-ID of the request."""
        return _invitation(self._s.first(_BY_MESSAGE_ID, {"message_id": message_id}))

    def answer(self, invitation_id: str, at: datetime) -> None:
        """Close it; the first answer counts."""
        self._s.run(_ANSWER, {"invitation": invitation_id, "answered_at": at})
