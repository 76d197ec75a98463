"""What is over, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from storage.archive import ERASED
from storage.dossier_records import Kind, Over, ProofLeft
from storage.dossiers import CLOSED
from storage.memory_audits import MemoryAudits
from storage.memory_files import MemoryCallAttempts
from storage.memory_imports import MemoryImports
from storage.memory_ledger import MemoryLedger
from storage.memory_messages import MemoryInbox, MemoryOutbox
from storage.memory_people import MemoryInvitations, MemoryParties, MemoryRequests
from storage.records import Capacity, Handle, InboxStatus, OutboxStatus, Party, Pile
from storage.retention import SILENT
from storage.rows import Rows

_WAITING = (OutboxStatus.QUEUED, OutboxStatus.SENDING)


class Tables(Protocol):
    """The repositories of one store."""

    inbox: MemoryInbox
    outbox: MemoryOutbox
    parties: MemoryParties
    ledger: MemoryLedger
    requests: MemoryRequests
    invitations: MemoryInvitations
    imports: MemoryImports
    audits: MemoryAudits
    calls: MemoryCallAttempts


class MemoryRetention:
    """Over the repositories of one store."""

    def __init__(self, store: Tables) -> None:
        """Nothing is its own."""
        self._store = store

    def count(self, kind: Kind, before: datetime) -> tuple[int, datetime | None]:
        """How many, and since when the oldest."""
        found = self._found(kind, before)
        return len(found), min((each.since for each in found), default=None)

    def some(self, kind: Kind, before: datetime, limit: int) -> Sequence[Over]:
        """The first of them."""
        return self._found(kind, before)[:limit]

    def _found(self, kind: Kind, before: datetime) -> list[Over]:
        look = {Kind.FILE: self._files, Kind.MESSAGE: lambda: self._messages(proof=False),
                Kind.PROOF_MESSAGE: lambda: self._messages(proof=True), Kind.LETTER: self._letters,
                Kind.REQUEST: self._requests, Kind.CALL: self._calls}[kind]
        return [each for each in look() if each.since < before]

    def _calls(self) -> list[Over]:
        rows = self._store.calls.rows
        found = ((name, rows.get(name)) for name in rows.names())
        return [Over(str(name), call[0], call[1]) for name, call in found if call is not None]

    def _files(self) -> list[Over]:
        found = []
        for party in sorted(self._store.parties.rows, key=lambda each: each.id):
            said = self._store.audits.of(party.id)
            goes = said and all(each.pile is Pile.DELETE or (each.pile is Pile.SUPPRESS and SILENT in each.reasons)
                                for each in said)
            if goes and not self._pending(party.id) and not self._unsent(party.id):
                found.append(Over(party.id, party.capacity.value, max(each.at for each in said)))
        return found

    def _pending(self, party_id: str) -> bool:
        return any(each.party_id == party_id and each.status not in CLOSED for each in self._store.requests.rows)

    def _unsent(self, party_id: str) -> bool:
        values = {each.value for each in self._store.parties.handles(party_id)}
        return any(each.recipient.value in values and each.status in _WAITING for each in self._store.outbox.rows)

    def _messages(self, *, proof: bool) -> list[Over]:
        store = self._store
        sources = {entry.event.source_hash for entry in store.ledger.rows}
        asking = {each.inbox_id for each in store.requests.rows}
        still = {each.inbox_id for each in store.requests.rows if each.status not in CLOSED}
        return [Over(item.id, item.content_hash, item.received_at) for item in store.inbox.rows
                if item.status is InboxStatus.DONE and item.source != ERASED and item.id not in still
                and (item.content_hash in sources or item.id in asking) is proof]

    def _letters(self) -> list[Over]:
        return [Over(item.id, item.recipient.kind.value, item.created_at) for item in self._store.outbox.rows
                if item.status in (OutboxStatus.SENT, OutboxStatus.FAILED) and item.payload]

    def _requests(self) -> list[Over]:
        return [Over(each.id, each.party_id or "", each.due_at)
                for each in sorted(self._store.requests.rows, key=lambda each: each.id) if each.status in CLOSED]

    def resting(self, content_hash: str) -> Sequence[tuple[str, Capacity]]:
        """Parties whose entries rest on it."""
        return sorted({(entry.event.party_id, entry.event.capacity) for entry in self._store.ledger.rows
                       if entry.event.source_hash == content_hash})

    def drop(self, kind: Kind, names: Sequence[str]) -> None:
        """Letters' words, requests or calls."""
        if kind not in (Kind.LETTER, Kind.REQUEST, Kind.CALL):
            raise KeyError(kind)
        for name in names:
            letter = self._store.outbox.rows.get(name)
            if kind is Kind.CALL:
                self._store.calls.rows.drop(int(name))
            elif kind is Kind.REQUEST:
                self._store.requests.rows.drop(name)
            elif letter is not None:
                self._store.outbox.rows.put(name, replace(letter, recipient=Handle(letter.recipient.kind, ""),
                                                          payload=b"", error=None))

    def close(self, party_id: str) -> Mapping[str, int]:
        """The file but for what proves."""
        store, attached = self._store, self._store.parties.attached
        for handle in store.parties.handles(party_id):
            if len(store.parties.by_handle(handle)) == 1:
                store.parties.invalid.drop(handle)
        gone = {"audited": _drop(store.audits.rows, [key for key in store.audits.rows.names() if key[0] == party_id]),
                "relation": _drop(store.imports.relations, [party_id]),
                "invitation": _drop(store.invitations.rows, [each.id for each in store.invitations.rows
                                                             if each.party_id == party_id]),
                "handle": _drop(attached, [each for each in attached.names() if each[1] == party_id]),
                "evidence": self._claims(party_id, proofs=False)}
        party = store.parties.get(party_id)
        if party is not None:
            store.parties.rows.put(party_id, Party(party_id, party.capacity))
        return gone | {"party": self._free(party_id)}

    def _claims(self, party_id: str, *, proofs: bool) -> int:
        claims = self._store.imports.evidence
        return _drop(claims, [key for key in claims.names() if key[0] == party_id and (
            proofs or not (each := claims.get(key)) or not each.claimed.valid or not each.proof)])

    def _free(self, party_id: str) -> int:
        needed = any(each.party_id == party_id for each in self._store.imports.evidence) or any(
            each.party_id == party_id for each in self._store.requests.rows)
        return 0 if needed else _drop(self._store.parties.rows, [party_id])

    def proofs(self, after: str, limit: int) -> Sequence[ProofLeft]:
        """Closed files that can still be unsealed."""
        store, on_file = self._store, {party_id for _, party_id in self._store.parties.attached}
        names = sorted(name for name in store.ledger.wrapped.names() if name > after and name not in on_file)[:limit]
        return [self._left(name) for name in names]

    def _left(self, party_id: str) -> ProofLeft:
        newest: dict[Any, datetime] = {}
        entries = [entry for entry in self._store.ledger.rows if entry.event.party_id == party_id]
        for entry in entries:
            newest[entry.event.tag, entry.event.channel, entry.event.regime] = entry.recorded_at
        return ProofLeft(party_id, entries[0].event.capacity,
                         any(each.party_id == party_id for each in self._store.imports.evidence),
                         tuple((*key, at) for key, at in newest.items()))

    def end_proof(self, party_id: str) -> None:
        """The evidence and what is left of the file."""
        self._claims(party_id, proofs=True)
        self._free(party_id)


def _drop(rows: Rows[Any, Any], keys: Sequence[Any]) -> int:
    return sum(rows.drop(key) for key in keys)
