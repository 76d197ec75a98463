"""Parties and handles, suppression, rights requests, invitations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from storage import chain, schema
from storage.messages import insert_ignore
from storage.records import Capacity, ChannelKind, Handle, Invitation, Party, RightsArticle, RightsRequest


def _is(table: Any, handle: Handle) -> tuple[Any, Any]:
    return table.c.kind == str(handle.kind), table.c.value == handle.value


class SqlParties:
    """Who is known, under which handles."""

    def __init__(self, connection: Connection) -> None:
        """On one transaction's connection."""
        self._c = connection

    def add(self, party: Party, handle: Handle) -> None:
        """Create the party if new and attach the handle."""
        self._c.execute(insert_ignore(self._c, schema.party).values(
            id=party.id, capacity=str(party.capacity), organisation=party.organisation, language=party.language,
            country=party.country))
        self._c.execute(insert_ignore(self._c, schema.handle).values(
            kind=str(handle.kind), value=handle.value, party_id=party.id))

    def by_handle(self, handle: Handle) -> Sequence[Party]:
        """All capacities, consumer first."""
        query = select(schema.party).join(schema.handle, schema.handle.c.party_id == schema.party.c.id)
        rows = self._c.execute(query.where(*_is(schema.handle, handle)).order_by(schema.party.c.capacity))
        return [_party(row) for row in rows]

    def get(self, party_id: str) -> Party | None:
        """One party."""
        row = self._c.execute(select(schema.party).where(schema.party.c.id == party_id)).one_or_none()
        return _party(row) if row else None

    def handles(self, party_id: str) -> Sequence[Handle]:
        """Handles of a party."""
        rows = self._c.execute(select(schema.handle).where(schema.handle.c.party_id == party_id))
        return [Handle(ChannelKind(row.kind), row.value) for row in rows]

    def set_handle_validity(self, handle: Handle, *, valid: bool) -> None:
        """A hard bounce makes a handle invalid."""
        table = schema.invalid_handle
        if valid:
            self._c.execute(delete(table).where(*_is(table, handle)))
        else:
            self._c.execute(insert_ignore(self._c, table).values(kind=str(handle.kind), value=handle.value))

    def handle_valid(self, handle: Handle) -> bool:
        """False once invalidated."""
        table = schema.invalid_handle
        return self._c.execute(select(table).where(*_is(table, handle))).first() is None


def _party(row: Row[Any]) -> Party:
    return Party(row.id, Capacity(row.capacity), row.organisation, row.language, row.country)


class SqlSuppression:
    """Keyed HMACs of handles that must not be contacted."""

    def __init__(self, connection: Connection, secret: bytes) -> None:
        """On one transaction's connection."""
        self._c, self._secret = connection, secret

    def add(self, handle: Handle, reason: str, at: datetime, *, channel: str, purpose: str,
            provisional: bool = False) -> None:
        """Suppress; a definitive entry is never made provisional, and keeps its first date."""
        table = schema.suppression
        key = {"digest": chain.digest(self._secret, handle), "channel": channel, "purpose": purpose}
        query = insert_ignore(self._c, table).values(**key, reason=reason, at=at, provisional=provisional)
        added = self._c.execute(query.returning(table.c.digest)).first()
        if added is None and not provisional:
            self._c.execute(update(table).where(
                *(table.c[name] == value for name, value in key.items()), table.c.provisional.is_(True)
            ).values(reason=reason, at=at, provisional=False))

    def lift(self, handle: Handle, *, channel: str, purpose: str, provisional_only: bool) -> None:
        """Remove matching entries."""
        table = schema.suppression
        query = delete(table).where(table.c.digest == chain.digest(self._secret, handle), table.c.channel == channel,
                                    table.c.purpose == purpose)
        self._c.execute(query.where(table.c.provisional.is_(True)) if provisional_only else query)

    def find(self, handle: Handle) -> Sequence[Mapping[str, Any]]:
        """Entries for this handle."""
        table = schema.suppression
        rows = self._c.execute(select(table).where(table.c.digest == chain.digest(self._secret, handle)))
        return [{name: value for name, value in row._mapping.items() if name != "digest"} for row in rows]


class SqlRequests:
    """Rights requests."""

    def __init__(self, connection: Connection) -> None:
        """On one transaction's connection."""
        self._c = connection

    def open(self, request: RightsRequest) -> None:
        """Start the clock."""
        self._c.execute(schema.rights_request.insert().values(
            id=request.id, party_id=request.party_id, handle_kind=str(request.handle.kind),
            handle_value=request.handle.value, article=str(request.article), received_at=request.received_at,
            due_at=request.due_at, status=request.status, inbox_id=request.inbox_id))

    def list(self, limit: int = 50) -> Sequence[RightsRequest]:
        """Soonest due first."""
        rows = self._c.execute(select(schema.rights_request).order_by(schema.rights_request.c.due_at).limit(limit))
        return [RightsRequest(row.id, row.party_id, Handle(ChannelKind(row.handle_kind), row.handle_value),
                              RightsArticle(row.article), row.received_at, row.due_at, row.status, row.inbox_id)
                for row in rows]


class SqlInvitations:
    """Open re-consent requests."""

    def __init__(self, connection: Connection) -> None:
        """On one transaction's connection."""
        self._c = connection

    def add(self, invitation: Invitation) -> None:
        """Record that a person was asked."""
        self._c.execute(schema.invitation.insert().values(
            id=invitation.id, party_id=invitation.party_id, handle_kind=str(invitation.handle.kind),
            handle_value=invitation.handle.value, purposes=list(invitation.purposes), channel=invitation.channel,
            message_id=invitation.message_id, sent_at=invitation.sent_at, expires_at=invitation.expires_at,
            notice=invitation.notice, answered_at=invitation.answered_at))

    def _one(self, condition: Any) -> Invitation | None:
        row = self._c.execute(select(schema.invitation).where(condition)).one_or_none()
        if row is None:
            return None
        return Invitation(
            row.id, row.party_id, Handle(ChannelKind(row.handle_kind), row.handle_value), tuple(row.purposes),
            row.channel, row.message_id, row.sent_at, row.expires_at, row.notice, row.answered_at)

    def get(self, invitation_id: str) -> Invitation | None:
        """By id."""
        return self._one(schema.invitation.c.id == invitation_id)

    def by_message_id(self, message_id: str) -> Invitation | None:
        """By the Message-ID of the request."""
        return self._one(schema.invitation.c.message_id == message_id)

    def answer(self, invitation_id: str, at: datetime) -> None:
        """Close it; the first answer counts."""
        table = schema.invitation
        self._c.execute(update(table).where(table.c.id == invitation_id, table.c.answered_at.is_(None)).values(
            answered_at=at))
