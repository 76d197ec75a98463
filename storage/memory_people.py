"""Parties, suppression, rights requests and invitations in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from storage.keys import Keys
from storage.records import Capacity, Handle, Invitation, Notice, Party, RightsRequest
from storage.rows import Rows, unique


class MemoryParties:
    """Who is known, under which handles."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, Party] = Rows()
        self.attached: Rows[tuple[Handle, str], tuple[Handle, str]] = Rows()
        self.invalid: Rows[Handle, bool] = Rows()

    def add(self, party: Party, handle: Handle) -> None:
        """Create the party if new and attach the handle."""
        self.rows.insert(party.id, party)
        self.attached.insert((handle, party.id), (handle, party.id))

    def by_handle(self, handle: Handle) -> Sequence[Party]:
        """All capacities, consumer first."""
        found = (self.rows.get(party_id) for attached, party_id in self.attached if attached == handle)
        return sorted((party for party in found if party), key=_capacity)

    def get(self, party_id: str) -> Party | None:
        """One party."""
        return self.rows.get(party_id)

    def handles(self, party_id: str) -> Sequence[Handle]:
        """Handles of a party, in order of kind and value."""
        return sorted((handle for handle, owner in self.attached if owner == party_id), key=_kind)

    def set_handle_validity(self, handle: Handle, *, valid: bool) -> None:
        """A hard bounce makes a handle invalid."""
        if valid:
            self.invalid.drop(handle)
        else:
            self.invalid.put(handle, True)

    def handle_valid(self, handle: Handle) -> bool:
        """False once invalidated."""
        return self.invalid.get(handle) is None

    def detach(self, party_id: str, handle: Handle) -> None:
        """The party has it no more."""
        self.attached.drop((handle, party_id))

    def fill_digests(self, limit: int = 5000) -> int:
        """Nothing here is of an older version."""
        return 0


def _capacity(party: Party) -> tuple[Capacity, str]:
    return party.capacity, party.id


def _kind(handle: Handle) -> tuple[str, str]:
    return handle.kind, handle.value


@dataclass(frozen=True, slots=True)
class _Entry:
    channel: str
    purpose: str
    provisional: bool
    reason: str
    at: datetime


class MemorySuppression:
    """Who must not be contacted, by keyed HMAC."""

    def __init__(self, keys: Keys) -> None:
        """Empty."""
        self._keys = keys
        self.rows: Rows[tuple[str, str, str, bool], _Entry] = Rows()

    def add(self, handle: Handle, reason: str, at: datetime, *, channel: str, purpose: str,
            provisional: bool = False) -> None:
        """Suppress. A no keeps the newest date and settles the pause of the same scope; a pause keeps its first."""
        digest = self._keys.digest(handle)
        key, entry = (digest, channel, purpose, provisional), _Entry(channel, purpose, provisional, reason, at)
        known = self.rows.get(key)
        if known is None or (not provisional and at >= known.at):
            self.rows.put(key, entry)
        if not provisional:
            self.rows.drop((digest, channel, purpose, True))

    def lift(self, handle: Handle, *, channel: str, purpose: str, provisional_only: bool) -> None:
        """Remove matching entries."""
        digest = self._keys.digest(handle)
        self.rows.drop((digest, channel, purpose, True))
        if not provisional_only:
            self.rows.drop((digest, channel, purpose, False))

    def find(self, handle: Handle) -> Sequence[Mapping[str, Any]]:
        """Entries for this handle, oldest first."""
        digest = self._keys.digest(handle)
        wide = [self.rows.get(key) for key in self._keys_of(digest)]
        found = sorted((entry for entry in wide if entry), key=_order)
        return [{name: getattr(entry, name) for name in _Entry.__slots__} for entry in found]

    def _keys_of(self, digest: str) -> Sequence[tuple[str, str, str, bool]]:
        return [key for key in self.rows.names() if key[0] == digest]


def _order(entry: _Entry) -> tuple[datetime, str, str, bool]:
    return entry.at, entry.channel, entry.purpose, entry.provisional


class MemoryRequests:
    """Rights requests."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, RightsRequest] = Rows()

    def open(self, request: RightsRequest) -> None:
        """Start the clock."""
        unique(self.rows.insert(request.id, request), "The request")

    def list(self, limit: int = 50) -> Sequence[RightsRequest]:
        """Soonest due first."""
        return sorted(self.rows, key=_due)[:limit]


def _due(request: RightsRequest) -> tuple[datetime, str]:
    return request.due_at, request.id


class MemoryInvitations:
    """Open re-consent requests."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, Invitation] = Rows()
        self.named: Rows[str, str] = Rows()

    def add(self, invitation: Invitation) -> None:
        """Record that a person was asked."""
        unique(self.rows.insert(invitation.id, invitation) and self.named.insert(invitation.message_id, invitation.id),
                "The invitation")

    def get(self, invitation_id: str) -> Invitation | None:
        """By id."""
        return self.rows.get(invitation_id)

    def by_message_id(self, message_id: str) -> Invitation | None:
        """By the Message-ID of the request."""
        return self.rows.get(self.named.get(message_id) or "")

    def answer(self, invitation_id: str, at: datetime) -> None:
        """Close it; the first answer counts."""
        asked = self.rows.get(invitation_id)
        if asked is not None and asked.answered_at is None:
            self.rows.put(invitation_id, replace(asked, answered_at=at))


class MemoryNotices:
    """The exact words that were shown."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, Notice] = Rows()

    def add(self, notice: Notice) -> None:
        """Keep it; the first time it was shown stays."""
        self.rows.insert(notice.id, replace(notice, since=notice.since.astimezone(UTC)))

    def get(self, notice_id: str) -> Notice | None:
        """By its id."""
        return self.rows.get(notice_id)
