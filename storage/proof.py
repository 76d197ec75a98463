"""The ledger and its projection, written in one transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from storage import chain, schema
from storage.messages import insert_ignore
from storage.records import Capacity, ConsentEvent, ConsentState, ConsentStatus, EventTag, LedgerEntry

LOCK = 7_355_608  # one number for the chain: PostgreSQL writers append one after the other


class SqlLedger:
    """Append-only, hash-chained."""

    def __init__(self, connection: Connection, secret: bytes, clock: Callable[[], datetime],
                 new_id: Callable[[], str]) -> None:
        """On one transaction's connection."""
        self._c, self._secret, self._clock, self._new_id = connection, secret, clock, new_id

    def append(self, event: ConsentEvent) -> LedgerEntry:
        """Chain, seal and project."""
        if self._c.dialect.name == "postgresql":
            self._c.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        table = schema.ledger
        newest = select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
        last = self._c.execute(newest).first()
        sequence, previous = (last.sequence + 1, last.hash) if last else (1, chain.GENESIS)
        sealed = chain.seal(self._key(event.party_id), event.personal)
        entry_id, recorded = self._new_id(), self._clock()
        digest = chain.entry_hash(sequence, entry_id, event, sealed, recorded.isoformat(), previous)
        self._c.execute(table.insert().values(
            sequence=sequence, id=entry_id, schema_version=chain.SCHEMA_VERSION, tag=str(event.tag),
            party_id=event.party_id, capacity=str(event.capacity), purpose=event.purpose, channel=event.channel,
            status_before=str(event.status_before), status_after=str(event.status_after),
            occurred_at=event.occurred_at, recorded_at=recorded, actor=event.actor, regime=event.regime,
            decision=event.decision, source_hash=event.source_hash, sealed=sealed, previous_hash=previous, hash=digest))
        self._project(event, sequence)
        return LedgerEntry(sequence, entry_id, chain.SCHEMA_VERSION, event, sealed, recorded, previous, digest)

    def _key(self, party_id: str) -> bytes:
        table = schema.party_key
        row = self._c.execute(select(table.c.wrapped).where(table.c.party_id == party_id)).first()
        if row:
            return chain.unwrap(self._secret, bytes(row.wrapped))
        key = os.urandom(32)
        self._c.execute(table.insert().values(party_id=party_id, wrapped=chain.wrap(self._secret, key)))
        return key

    def _project(self, event: ConsentEvent, sequence: int) -> None:
        table = schema.projection
        key = {"party_id": event.party_id, "purpose": event.purpose, "channel": event.channel}
        values = {"status": str(event.status_after), "since": event.occurred_at, "sequence": sequence}
        query = insert_ignore(self._c, table).values(**key, **values).returning(table.c.party_id)
        if self._c.execute(query).first() is None:
            same = (table.c[name] == value for name, value in key.items())
            self._c.execute(update(table).where(*same).values(values))

    def states(self, party_id: str) -> Sequence[ConsentState]:
        """The projection for a party."""
        rows = self._c.execute(select(schema.projection).where(schema.projection.c.party_id == party_id))
        return [ConsentState(row.party_id, row.purpose, row.channel, ConsentStatus(row.status), row.since,
                             row.sequence) for row in rows]

    def entries(self, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """In order of sequence."""
        table = schema.ledger
        rows = self._c.execute(select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(limit))
        return [_entry(row) for row in rows]

    def by_party(self, party_id: str) -> Sequence[LedgerEntry]:
        """Entries of a party, unsealed."""
        table = schema.ledger
        rows = self._c.execute(select(table).where(table.c.party_id == party_id).order_by(table.c.sequence))
        key = self._key(party_id)
        found = [_entry(row) for row in rows]
        return [replace(entry, event=replace(entry.event, personal=chain.unseal(key, entry.sealed)))
                for entry in found]


def _entry(row: Row[Any]) -> LedgerEntry:
    event = ConsentEvent(
        EventTag(row.tag), row.party_id, Capacity(row.capacity), row.purpose, row.channel,
        ConsentStatus(row.status_before), ConsentStatus(row.status_after), row.occurred_at, row.actor, row.regime,
        row.decision, row.source_hash)
    return LedgerEntry(row.sequence, row.id, row.schema_version, event, bytes(row.sealed), row.recorded_at,
                       row.previous_hash, row.hash)
