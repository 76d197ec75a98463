"""The ledger and its projection in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from storage import chain
from storage.keys import Keys
from storage.projection import Key, key_of, state_after
from storage.records import ConsentEvent, ConsentState, LedgerEntry, SignedCheckpoint
from storage.rows import Rows, utc
from storage.signing import Signer


class MemoryLedger:
    """Append-only, hash-chained."""

    def __init__(self, keys: Keys, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        """Empty."""
        self._keys, self._clock, self._new_id = keys, clock, new_id
        self.rows: Rows[int, LedgerEntry] = Rows()
        self.wrapped: Rows[str, bytes] = Rows()
        self.projected: Rows[Key, ConsentState] = Rows()

    def append(self, event: ConsentEvent) -> LedgerEntry:
        """Seal, chain and project."""
        wrapped = self.wrapped.get(event.party_id)
        if wrapped is None:
            wrapped = self._keys.fresh()[1]
            self.wrapped.put(event.party_id, wrapped)
        sealed = chain.seal(self._keys.unwrap(wrapped), event.personal)
        last = self.rows.get(len(self.rows))
        entry = chain.link(len(self.rows) + 1, self._new_id(), event, sealed, self._clock(),
                           last.hash if last else chain.GENESIS)
        kept = replace(entry, event=replace(event, personal={}, occurred_at=event.occurred_at.astimezone(UTC),
                                            valid_until=utc(event.valid_until)))
        self.rows.put(entry.sequence, kept)
        state = state_after(kept)
        if state is not None:
            self.projected.put(key_of(state), state)
        return entry

    def append_many(self, events: Sequence[ConsentEvent]) -> int:
        """All of them, in this order."""
        for event in events:
            self.append(event)
        return len(events)

    def states(self, party_id: str) -> Sequence[ConsentState]:
        """The projection for a party, oldest change first."""
        return [state for state in self.projection(limit=len(self.projected)) if state.party_id == party_id]

    def projection(self, after: int = 0, limit: int = 1000) -> Sequence[ConsentState]:
        """All of it, in order of the entry each came from."""
        return sorted((state for state in self.projected if state.sequence > after), key=_came_from)[:limit]

    def entries(self, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """In order of sequence."""
        return [entry for entry in self.rows if entry.sequence > after][:limit]

    def by_party(self, party_id: str) -> Sequence[LedgerEntry]:
        """Entries of a party, unsealed while its key exists."""
        wrapped = self.wrapped.get(party_id)
        key = self._keys.unwrap(wrapped) if wrapped else None
        return [replace(entry, event=replace(entry.event, personal=chain.unseal(key, entry.sealed) if key else {}))
                for entry in self.rows if entry.event.party_id == party_id]

    def destroy_key(self, party_id: str) -> bool:
        """What was sealed for the party can never be read again."""
        return self.wrapped.drop(party_id)


class MemoryCheckpoints:
    """Signed checkpoints of the ledger."""

    def __init__(self, ledger: MemoryLedger, signer: Signer) -> None:
        """Empty."""
        self._ledger, self._signer = ledger, signer
        self.rows: Rows[int, SignedCheckpoint] = Rows()

    @property
    def public_key(self) -> bytes:
        """The key that signs here."""
        return self._signer.public_key

    def newest(self) -> SignedCheckpoint | None:
        """The last one."""
        return next(iter(self.rows.newest()), None)

    def list(self, after: int = 0, limit: int = 1000) -> Sequence[SignedCheckpoint]:
        """In order of sequence."""
        return [each for each in self.rows if each.sequence > after][:limit]

    def add(self, previous: SignedCheckpoint | None, sequence: int, digest: str, root: str,
            at: datetime) -> SignedCheckpoint | None:
        """Sign and keep, unless another was quicker."""
        if self.newest() != previous:
            return None
        made = self._signer.checkpoint(sequence, digest, root, previous, at.astimezone(UTC))
        self.rows.put(sequence, made)
        return made

    def hashes(self, after: int, upto: int) -> Sequence[str]:
        """The hashes of the entries after the one and up to the other."""
        return [entry.hash for entry in self._ledger.rows if after < entry.sequence <= upto]


def _came_from(state: ConsentState) -> int:
    return state.sequence
