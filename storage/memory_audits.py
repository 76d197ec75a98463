"""What the audit reads and says, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Protocol

from storage.dossier_records import Asking, Claimed, Dossier, Said, Suppressed
from storage.dossiers import CLOSED, ENDING, NUMBERS
from storage.memory_imports import MemoryImports
from storage.memory_ledger import MemoryLedger
from storage.memory_people import MemoryInvitations, MemoryNotices, MemoryParties, MemoryRequests, MemorySuppression
from storage.projection import state_after
from storage.records import Audited, Evidence, Handle, LedgerEntry, Party, Provenance
from storage.rows import Rows


class Tables(Protocol):
    """The repositories that are read."""

    parties: MemoryParties
    ledger: MemoryLedger
    suppression: MemorySuppression
    requests: MemoryRequests
    invitations: MemoryInvitations
    notices: MemoryNotices
    imports: MemoryImports


class MemoryAudits:
    """Over the repositories of one store."""

    def __init__(self, store: Tables) -> None:
        """Nothing said yet."""
        self._store = store
        self.rows: Rows[tuple[str, str, str], Audited] = Rows()

    def count(self) -> int:
        """Parties with a handle."""
        return len({party_id for _, party_id in self._store.parties.attached})

    def page(self, after: str, limit: int) -> Sequence[Dossier]:
        """The next parties by id."""
        names = sorted({party_id for _, party_id in self._store.parties.attached if party_id > after})[:limit]
        found = (self._store.parties.get(name) for name in names)
        return [self._dossier(party) for party in found if party is not None]

    def _dossier(self, party: Party) -> Dossier:
        store, handles = self._store, self._store.parties.handles(party.id)
        good = frozenset(str(each.kind) for each in handles if store.parties.handle_valid(each))
        entries = self._entries(party.id)
        shown = {each.event.notice for each in entries} | {each.notice for each in self._evidence(party.id)}
        imported = {run.id: run.started_at for run in store.imports.runs}
        notices = {each.id: each.name for each in store.notices.rows if each.id in shown}
        return Dossier(
            party, good, frozenset(str(each.kind) for each in handles) - good, store.imports.relations.get(party.id),
            tuple(Claimed(each, imported[each.run_id],
                          notices.get(each.notice)) for each in self._evidence(party.id)),
            tuple(map(_said, entries)), tuple(self._stops(handles)),
            tuple(Asking(each.purposes, each.channel, each.sent_at, each.expires_at, each.answered_at is not None)
                  for each in store.invitations.rows if each.party_id == party.id),
            any(each.party_id == party.id and each.article in ENDING and each.status not in CLOSED
                for each in store.requests.rows),
            notices, tuple(self.of(party.id)))

    def _entries(self, party_id: str) -> Sequence[LedgerEntry]:
        current = {state.sequence for state in self._store.ledger.states(party_id)}
        return [entry for entry in self._store.ledger.rows if entry.sequence in current and state_after(entry)]

    def _evidence(self, party_id: str) -> Sequence[Evidence]:
        found = [each for each in self._store.imports.evidence if each.party_id == party_id]
        return sorted(found, key=lambda each: (each.channel, each.purpose))

    def _stops(self, handles: Sequence[Handle]) -> Sequence[Suppressed]:
        twins = {Handle(kind, each.value) for each in handles
                 for kind in (NUMBERS if each.kind in NUMBERS else (each.kind,))}
        return [Suppressed(entry["purpose"], entry["channel"], entry["provisional"], entry["at"])
                for each in sorted(twins, key=lambda each: (each.kind, each.value))
                for entry in self._store.suppression.find(each)]

    def put(self, found: Sequence[Audited]) -> None:
        """Keep each; nothing for a party that is gone."""
        for each in found:
            if self._store.parties.get(each.party_id) is not None:
                self.rows.put(_key(each), replace(each, at=each.at.astimezone(UTC)))

    def drop(self, gone: Sequence[Audited]) -> None:
        """Forget them."""
        for each in gone:
            self.rows.drop(_key(each))

    def of(self, party_id: str) -> Sequence[Audited]:
        """In order of channel and purpose."""
        return sorted((each for each in self.rows if each.party_id == party_id),
                      key=lambda each: (each.channel, each.purpose))


def _key(said: Audited) -> tuple[str, str, str]:
    return said.party_id, said.purpose, said.channel


def _said(entry: LedgerEntry) -> Said:
    event = entry.event
    return Said(event.purpose, event.channel, event.status_after, event.status_before, event.occurred_at,
                entry.sequence, event.provenance is Provenance.WITNESSED, event.notice, event.valid_until)
