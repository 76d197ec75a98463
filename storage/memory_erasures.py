"""Taking out what names a person, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from storage.archive import ERASED, left, opened, over, sealed
from storage.keys import Keys
from storage.memory_audits import MemoryAudits
from storage.memory_imports import MemoryImports
from storage.memory_ledger import MemoryLedger
from storage.memory_messages import MemoryExamples, MemoryInbox, MemoryOutbox
from storage.memory_people import MemoryInvitations, MemoryParties, MemoryRequests
from storage.records import Handle, InboxItem, InboxStatus, OutboxStatus
from storage.rows import Rows


class Tables(Protocol):
    """The repositories that hold what names people."""

    inbox: MemoryInbox
    outbox: MemoryOutbox
    parties: MemoryParties
    imports: MemoryImports
    ledger: MemoryLedger
    requests: MemoryRequests
    invitations: MemoryInvitations
    examples: MemoryExamples
    audits: MemoryAudits


class MemoryErasures:
    """Over the repositories of one store."""

    def __init__(self, store: Tables, keys: Keys) -> None:
        """Nothing is its own."""
        self._store, self._keys = store, keys

    def undecided(self) -> Sequence[str]:
        """Ids of what is not decided for good."""
        return [item.id for item in self._store.inbox.rows if item.status is not InboxStatus.DONE]

    def unsent(self, handle: Handle) -> int:
        """How many of our messages to it are still to be sent."""
        return sum(item.recipient == handle and item.status in (OutboxStatus.QUEUED, OutboxStatus.SENDING)
                   for item in self._store.outbox.rows)

    def naming(self, handle: Handle) -> Sequence[InboxItem]:
        """Messages that have the handle in envelope or explanation."""
        needle = json.dumps(handle.value)[1:-1].lower()
        return [replace(item, raw=b"") for item in self._store.inbox.rows
                if item.channel is handle.kind and item.source != ERASED
                and needle in json.dumps([item.explanation, item.envelope]).lower()]

    def other_files(self, content_hash: str, party_id: str) -> bool:
        """Whether another file's proof rests on it."""
        return any(entry.event.source_hash == content_hash and entry.event.party_id != party_id
                   and self._store.parties.get(entry.event.party_id) for entry in self._store.ledger.rows)

    def scrub(self, item_id: str, at: datetime) -> None:
        """Nothing stays but the hash."""
        item = self._store.inbox.get(item_id)
        if item is not None:
            self._keep(item, left(item, b"", at))

    def archive(self, item_id: str, at: datetime, until: datetime, party_id: str) -> None:
        """Sealed, until that day."""
        item = self._store.inbox.get(item_id)
        if item is not None and item.source != ERASED:
            self._keep(item, left(item, sealed(item, self._keys), at, until, party_id))

    def _keep(self, item: InboxItem, kept: InboxItem) -> None:
        self._store.inbox.seen.drop((item.source, item.external_id))
        self._store.inbox.seen.put((kept.source, kept.external_id), kept.id)
        self._store.inbox.rows.put(item.id, kept)

    def archived(self, content_hash: str) -> InboxItem | None:
        """An archived message, unsealed. Raises WrongKey."""
        item = self._store.inbox.by_hash(content_hash)
        return opened(item, self._keys) if item is not None and item.source == ERASED else None

    def overdue(self, now: datetime) -> Sequence[tuple[str, str, str]]:
        """Archived messages whose time is over."""
        return [(item.id, (item.explanation or {})["party"], item.content_hash) for item in self._store.inbox.rows
                if item.source == ERASED and over(item.explanation, now)]

    def letters(self, handle: Handle) -> int:
        """What we sent to it, without words and recipient."""
        found = [item for item in self._store.outbox.rows if item.recipient == handle]
        for item in found:
            self._store.outbox.rows.put(item.id, replace(item, recipient=Handle(handle.kind, ""), payload=b"",
                                                         error=None))
        return len(found)

    def examples(self, item_ids: Sequence[str]) -> int:
        """Delete what was learnt from these messages."""
        examples = self._store.examples
        known = [(item_id, examples.of.get(item_id)) for item_id in item_ids]
        return sum(examples.rows.drop(example_id) and examples.of.drop(item_id)
                   for item_id, example_id in known if example_id)

    def file(self, party_id: str) -> Mapping[str, int]:
        """Delete the party with all that hangs on it."""
        store = self._store
        for request in store.requests.rows:
            if request.party_id == party_id:
                self._nameless(request.id, request.handle)
        store.imports.made_by.drop(party_id)
        claims, audited = store.imports.evidence, store.audits.rows
        gone = {"audited": _drop(audited, [key for key in audited.names() if key[0] == party_id]),
                "evidence": _drop(claims, [key for key in claims.names() if key[0] == party_id]),
                "relation": _drop(store.imports.relations, [party_id]),
                "invitation": _drop(store.invitations.rows, [each.id for each in store.invitations.rows
                                                             if each.party_id == party_id]),
                "handle": _drop(store.parties.attached, [each for each in store.parties.attached.names()
                                                         if each[1] == party_id])}
        return gone | {"party": _drop(store.parties.rows, [party_id])}

    def handle(self, handle: Handle) -> int:
        """Out of the rights requests."""
        self._store.parties.invalid.drop(handle)
        found = [request for request in self._store.requests.rows if request.handle == handle]
        for request in found:
            self._nameless(request.id, handle)
        return len(found)

    def _nameless(self, request_id: str, handle: Handle) -> None:
        request = self._store.requests.rows.get(request_id)
        if request is not None:
            self._store.requests.rows.put(request_id, replace(request, party_id=None, handle=Handle(handle.kind, "")))


def _drop(rows: Rows[Any, Any], keys: Sequence[Any]) -> int:
    return sum(rows.drop(key) for key in keys)
