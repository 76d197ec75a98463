"""The projection: the current status of each (party, purpose, channel). Derived from the ledger alone, rebuildable."""

from __future__ import annotations

from collections.abc import Iterable

from storage.records import ConsentState, LedgerEntry

Key = tuple[str, str, str]  # party id, purpose, channel


def state_after(entry: LedgerEntry) -> ConsentState | None:
    """What one entry makes of its (party, purpose, channel): the last one about consent wins; None when it is not."""
    event = entry.event
    if not event.tag.of_consent:
        return None
    return ConsentState(event.party_id, event.purpose, event.channel, event.status_after, event.occurred_at,
                        entry.sequence, event.valid_until)


def key_of(state: ConsentState) -> Key:
    """What a state is the state of."""
    return state.party_id, state.purpose, state.channel


def rebuild(entries: Iterable[LedgerEntry]) -> dict[Key, ConsentState]:
    """The whole projection, from entries in order of sequence."""
    states = (state_after(entry) for entry in entries)
    return {key_of(state): state for state in states if state is not None}
