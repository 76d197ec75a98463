"""Consents whose time is over and requests that nobody answered, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from storage.dossier_records import Ended, Ending
from storage.memory_ledger import MemoryLedger
from storage.memory_people import MemoryInvitations, MemoryParties
from storage.records import Capacity, ChannelKind, ConsentState, ConsentStatus, LedgerEntry

_ASKED = (ConsentStatus.REQUESTED, ConsentStatus.REQUEST_DEFERRED)


class Tables(Protocol):
    """The repositories that are read."""

    parties: MemoryParties
    ledger: MemoryLedger
    invitations: MemoryInvitations


class MemoryExpiries:
    """Over the repositories of one store."""

    def __init__(self, store: Tables) -> None:
        """Nothing is its own."""
        self._store = store

    def some(self, ending: Ending, at: datetime, year_ago: datetime, home: str, limit: int) -> Sequence[Ended]:
        """The first whose time is over."""
        found = []
        for state in self._store.ledger.projection(limit=len(self._store.ledger.projected)):
            entry = self._store.ledger.rows.get(state.sequence)
            if entry is not None and self._ends(ending, state, entry, at, year_ago, home):
                found.append(Ended(state, entry.event.capacity, entry.event.regime))
        return found[:limit]

    def _ends(self, ending: Ending, state: ConsentState, entry: LedgerEntry, at: datetime, year_ago: datetime,
              home: str) -> bool:
        timed = state.valid_until is not None and state.valid_until <= at
        if ending is Ending.TIME:
            return state.status.valid and timed
        if ending is Ending.SILENCE:
            mine = [each for each in self._store.invitations.rows
                    if each.party_id == state.party_id and each.answered_at is None]
            return state.status in _ASKED and all(each.expires_at <= at for each in mine) and (bool(mine) or timed)
        party = self._store.parties.get(state.party_id)
        country = (party.country if party is not None else None) or home
        return (state.status.valid and state.channel == ChannelKind.PHONE and state.since <= year_ago
                and entry.event.capacity is Capacity.CONSUMER and country == "FR")
