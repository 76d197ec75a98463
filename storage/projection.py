"""The projection: the current status of each (party, purpose, channel). Derived from the ledger alone, rebuildable."""

from __future__ import annotations

from collections.abc import Iterable

from storage.records import ConsentState, LedgerEntry

Key = tuple[str, str, str]  # party id, purpose, channel


def state_after(entry: LedgerEntry) -> ConsentState:
    """What one entry makes of its (party, purpose, channel): the last entry wins."""
    event = entry.event
    return ConsentState(event.party_id, event.purpose, event.channel, event.status_after, event.occurred_at,
                        entry.sequence)


def key_of(state: ConsentState) -> Key:
    """What a state is the state of."""
    return state.party_id, state.purpose, state.channel


def rebuild(entries: Iterable[LedgerEntry]) -> dict[Key, ConsentState]:
    """The whole projection, from entries in order of sequence."""
    states = (state_after(entry) for entry in entries)
    return {key_of(state): state for state in states}
