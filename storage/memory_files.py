"""Relations, calls and what is kept of a handle, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from storage.keys import Keys
from storage.memory_ledger import MemoryLedger
from storage.memory_people import MemoryParties, MemorySuppression
from storage.records import Audited, ChannelKind, File, Handle, HandleFacts, Party, Relation
from storage.rows import Rows, utc

_DATES = ("collected_at", "last_sale_at", "contract_until", "asked_at", "last_contact_at")
NUMBERS = (ChannelKind.SMS, ChannelKind.PHONE)


class MemoryRelations:
    """What was between the controller and each party."""

    def __init__(self) -> None:
        """Empty."""
        self.rows: Rows[str, Relation] = Rows()

    def put(self, known: Relation) -> None:
        """Keep it, instead of what was."""
        dates: dict[str, Any] = {name: utc(getattr(known, name)) for name in _DATES}
        self.rows.put(known.party_id, replace(known, **dates))

    def get(self, party_id: str) -> Relation | None:
        """What is known of the party."""
        return self.rows.get(party_id)


class MemoryCallAttempts:
    """Calls and attempts to a number, by its keyed HMAC."""

    def __init__(self, keys: Keys) -> None:
        """Empty."""
        self._keys = keys
        self.rows: Rows[int, tuple[str, datetime]] = Rows()
        self.last: Rows[str, int] = Rows()

    def _digest(self, handle: Handle) -> str:
        return self._keys.digest(same(handle)[-1])

    def add(self, handle: Handle, at: datetime) -> None:
        """Somebody called, or tried to."""
        name = (self.last.get("") or 0) + 1
        self.last.put("", name)
        self.rows.put(name, (self._digest(handle), at))

    def since(self, handle: Handle, since: datetime) -> Sequence[datetime]:
        """Oldest first."""
        digest = self._digest(handle)
        return sorted(at for whose, at in self.rows if whose == digest and at >= since)

    def forget(self, before: datetime) -> int:
        """Delete what no longer counts."""
        old = [name for name in self.rows.names() if (self.rows.get(name) or ("", before))[1] < before]
        return sum(self.rows.drop(name) for name in old)


class MemoryFiles:
    """What is kept of a handle."""

    def __init__(self, parties: MemoryParties, ledger: MemoryLedger, suppression: MemorySuppression,
                 relations: MemoryRelations, calls: MemoryCallAttempts,
                 audited: Callable[[str], Sequence[Audited]]) -> None:
        """Reads the others."""
        self._parties, self._ledger, self._suppression = parties, ledger, suppression
        self._relations, self._calls, self._audited = relations, calls, audited

    def of(self, handle: Handle, calls_since: datetime | None = None) -> HandleFacts:
        """One handle."""
        twins = same(handle)
        owners = {party.id: party for each in twins for party in self._parties.by_handle(each)}
        entries = [entry for each in twins for entry in self._suppression.find(each)]
        calls = self._calls.since(handle, calls_since) if calls_since else ()
        return HandleFacts(tuple(self._file(party) for party in sorted(owners.values(), key=_capacity)),
                           tuple(entries), tuple(calls), all(map(self._parties.handle_valid, twins)))

    def of_many(self, asked: Sequence[Handle], calls_since: datetime | None = None) -> Sequence[HandleFacts]:
        """Each."""
        return [self.of(handle, calls_since) for handle in asked]

    def _file(self, party: Party) -> File:
        return File(party, self._relations.get(party.id), tuple(self._ledger.states(party.id)),
                    tuple(self._audited(party.id)))

    def handles(self, kinds: Sequence[ChannelKind], after: Handle | None, limit: int) -> Sequence[Handle]:
        """In order of kind and value."""
        known = {handle for handle, _ in self._parties.attached if handle.kind in kinds}
        start = ("", b"") if after is None else _order(after)
        return sorted((handle for handle in known if _order(handle) > start), key=_order)[:limit]

    def suppressed(self) -> int:
        """Handles with a no or a pause."""
        return len({key[0] for key in self._suppression.rows.names()})


def same(handle: Handle) -> tuple[Handle, ...]:
    """The handle, and for a telephone number the same number in the other kind; the phone's is last."""
    return tuple(Handle(kind, handle.value) for kind in NUMBERS) if handle.kind in NUMBERS else (handle,)


def _order(handle: Handle) -> tuple[str, bytes]:
    return handle.kind, handle.value.encode("utf-8", "surrogatepass")


def _capacity(party: Party) -> tuple[str, str]:
    return party.capacity, party.id
