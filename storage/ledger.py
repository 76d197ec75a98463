"""The ledger and its projection, written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, delete, func, insert, select

from storage import appending, chain
from storage.appending import Tail
from storage.keys import Keys
from storage.listed import by_dialect, given
from storage.projection import state_after
from storage.records import (
    Capacity,
    ConsentEvent,
    ConsentState,
    ConsentStatus,
    EventTag,
    LedgerEntry,
    Provenance,
)
from storage.schema import ledger, party_key, projection
from storage.session import NOTHING, Session, Statement, Values
from storage.upsert import replacing

LOCK = 7_355_608  # one number for the chain: PostgreSQL writers append one after the other
_LOCK = Statement(select(func.pg_advisory_xact_lock(LOCK)))
_NEWEST = Statement(select(ledger.c.sequence, ledger.c.hash).order_by(ledger.c.sequence.desc()).limit(1))
_KEY = Statement(select(party_key.c.wrapped).where(party_key.c.party_id == bindparam("party")))
_KEYS = Statement(by_dialect(
    lambda among: select(party_key.c.party_id, party_key.c.wrapped).where(among(party_key.c.party_id, "parties"))))
_ADD_KEY = Statement(insert(party_key).inline(), ("party_id", "wrapped"))
_DESTROY_KEY = Statement(delete(party_key).where(party_key.c.party_id == bindparam("party")))
_STATE_FIELDS = ("party_id", "purpose", "channel", "status", "since", "sequence", "valid_until")
_PROJECT = Statement(replacing(projection, "status", "since", "sequence", "valid_until"), _STATE_FIELDS)
_PROJECT_NEW = Statement(insert(projection).inline(), _STATE_FIELDS)
_ALL_STATES = select(*(projection.c[name] for name in _STATE_FIELDS))
_STATES = Statement(
    _ALL_STATES.where(projection.c.party_id == bindparam("party")).order_by(projection.c.sequence))
_STATES_AFTER = Statement(
    _ALL_STATES.where(projection.c.sequence > bindparam("after")).order_by(projection.c.sequence)
    .limit(bindparam("most")))
_FIELDS = appending.FIELDS
_APPEND = Statement(insert(ledger).inline(), _FIELDS)
_ROWS = select(*(ledger.c[name] for name in _FIELDS)).order_by(ledger.c.sequence)
_ENTRIES = Statement(_ROWS.where(ledger.c.sequence > bindparam("after")).limit(bindparam("most")))
_BY_PARTY = Statement(_ROWS.where(ledger.c.party_id == bindparam("party")))


class SqlLedger:
    """Append-only, hash-chained; in one transaction."""

    def __init__(self, session: Session, keys: Keys, clock: Callable[[], datetime],
                 new_id: Callable[[], str]) -> None:
        """Nothing is read yet."""
        self._s, self._keys, self._clock, self._new_id = session, keys, clock, new_id
        self._tail: tuple[int, str] | None = None  # known after the first append: the write lock is ours until the end

    def append(self, event: ConsentEvent) -> LedgerEntry:
        """Seal, chain and project. Raises WrongKey."""
        (sequence, previous), key, to_add = self._begin(event.party_id)
        sealed = chain.seal(key, event.personal)
        entry = chain.link(sequence + 1, self._new_id(), event, sealed, self._clock(), previous)
        state = state_after(entry)
        projected = [(_PROJECT, _shown(state))] if state else []
        self._s.several(*to_add, (_APPEND, _values(entry)), *projected)
        self._tail = entry.sequence, entry.hash
        return entry

    def append_many(self, events: Sequence[ConsentEvent]) -> int:
        """Seal, chain and project all of them, in this order. Raises WrongKey."""
        if not events:
            return 0
        if self._tail is None:
            lock = [(_LOCK, NOTHING)] if self._s.postgresql else []
            row = self._s.several(*lock, (_NEWEST, NOTHING))[-1]
            self._tail = (row[0], row[1]) if row else (0, chain.GENESIS)
        ciphers, made = self._ciphers({event.party_id for event in events})
        rows, tail = appending.link_many(Tail(*self._tail), events, ciphers, self._clock(), self._new_id)
        self._s.bulk(_ADD_KEY, ("party_id", "wrapped"), list(made.items()))
        self._s.bulk(_APPEND, _FIELDS, rows)
        self._project(rows, made)
        self._tail = tail.sequence, tail.hash
        return len(rows)

    def _ciphers(self, party_ids: set[str]) -> tuple[dict[str, AESGCM], dict[str, bytes]]:
        """What seals for each party; the wrapped keys that are new."""
        found = self._s.all(_KEYS, {"parties": given(self._s, sorted(party_ids))})
        ciphers = {party: AESGCM(self._keys.unwrap(bytes(wrapped))) for party, wrapped in found}
        made: dict[str, bytes] = {}
        for party in party_ids - ciphers.keys():
            key, made[party] = self._keys.fresh()
            ciphers[party] = AESGCM(key)
        return ciphers, made

    def _project(self, rows: Sequence[appending.Row], made: Mapping[str, bytes]) -> None:
        """The last state of each; of parties that are new there can be none yet."""
        last = {(row[1], row[3], row[4]): (row[1], row[3], row[4], row[6], row[7], row[12], row[20])
                for row in rows if row[0].startswith("consent:")}
        new = [state for state in last.values() if state[0] in made]
        self._s.bulk(_PROJECT_NEW, _STATE_FIELDS, new)
        self._s.each(_PROJECT, [dict(zip(_STATE_FIELDS, state, strict=True)) for state in last.values()
                                if state[0] not in made])

    def _begin(self, party_id: str) -> tuple[tuple[int, str], bytes, list[tuple[Statement, Values]]]:
        """The tail of the chain, the party's key, and what stores that key when it is new.

        PostgreSQL's lock is taken here, with the first append and not before; each statement after it sees what the
        writer before has committed, so that neither the tail nor a key can be made twice.
        """
        lock = [(_LOCK, NOTHING)] if self._s.postgresql and self._tail is None else []
        newest = [(_NEWEST, NOTHING)] if self._tail is None else []
        found = self._s.several(*lock, (_KEY, {"party": party_id}), *newest)[len(lock):]
        if self._tail is None:
            row = found[1]
            self._tail = (row[0], row[1]) if row else (0, chain.GENESIS)
        if found[0] is not None:
            return self._tail, self._keys.unwrap(bytes(found[0][0])), []
        key, wrapped = self._keys.fresh()
        return self._tail, key, [(_ADD_KEY, {"party_id": party_id, "wrapped": wrapped})]

    def _known_key(self, party_id: str) -> bytes | None:
        row = self._s.first(_KEY, {"party": party_id})
        return self._keys.unwrap(bytes(row[0])) if row else None

    def destroy_key(self, party_id: str) -> bool:
        """What was sealed for the party can never be read again; False when there was no key."""
        return self._s.run(_DESTROY_KEY, {"party": party_id}) == 1

    def states(self, party_id: str) -> Sequence[ConsentState]:
        """The projection for a party, oldest change first."""
        return [_state(row) for row in self._s.all(_STATES, {"party": party_id})]

    def projection(self, after: int = 0, limit: int = 1000) -> Sequence[ConsentState]:
        """All of it, in order of the entry each came from."""
        return [_state(row) for row in self._s.all(_STATES_AFTER, {"after": after, "most": limit})]

    def entries(self, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """In order of sequence."""
        return [_entry(row) for row in self._s.all(_ENTRIES, {"after": after, "most": limit})]

    def by_party(self, party_id: str) -> Sequence[LedgerEntry]:
        """Entries of a party, unsealed while its key exists."""
        found = [_entry(row) for row in self._s.all(_BY_PARTY, {"party": party_id})]
        key = self._known_key(party_id)
        if key is None:
            return found
        return [replace(entry, event=replace(entry.event, personal=chain.unseal(key, entry.sealed)))
                for entry in found]


def _values(entry: LedgerEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "tag": event.tag.value, "party_id": event.party_id, "capacity": event.capacity.value,
        "purpose": event.purpose, "channel": event.channel, "status_before": event.status_before.value,
        "status_after": event.status_after.value, "occurred_at": event.occurred_at, "actor": event.actor,
        "regime": event.regime, "decision": event.decision, "source_hash": event.source_hash,
        "sequence": entry.sequence, "id": entry.id, "schema_version": entry.schema_version, "sealed": entry.sealed,
        "recorded_at": entry.recorded_at, "previous_hash": entry.previous_hash, "hash": entry.hash,
        "provenance": event.provenance.value, "valid_until": event.valid_until, "notice": event.notice}


def _shown(state: ConsentState) -> dict[str, Any]:
    return {"party_id": state.party_id, "purpose": state.purpose, "channel": state.channel,
            "status": state.status.value, "since": state.since, "sequence": state.sequence,
            "valid_until": state.valid_until}


def _state(row: Any) -> ConsentState:
    party_id, purpose, channel, status, since, sequence, until = row
    return ConsentState(party_id, purpose, channel, ConsentStatus(status), since, sequence, until)


def _entry(row: Any) -> LedgerEntry:
    (tag, party_id, capacity, purpose, channel, before, after, occurred_at, actor, regime, decision, source_hash,
     sequence, entry_id, version, sealed, recorded_at, previous, digest, provenance, until, notice) = row
    event = ConsentEvent(EventTag(tag), party_id, Capacity(capacity), purpose, channel, ConsentStatus(before),
                         ConsentStatus(after), occurred_at, actor, regime, decision, source_hash,
                         provenance=Provenance(provenance or "witnessed"), valid_until=until, notice=notice or "")
    return LedgerEntry(sequence, entry_id, version, event, bytes(sealed), recorded_at, previous, digest)
