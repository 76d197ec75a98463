"""What an import asks and writes, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from storage.import_records import Attached, ImportRun, Known, KnownFile, Stop
from storage.keys import Keys
from storage.memory_ledger import MemoryLedger
from storage.memory_people import MemoryParties, MemorySuppression
from storage.records import Evidence, Handle, Party, Relation
from storage.rows import Rows, plain, unique, utc

DATES = ("collected_at", "last_sale_at", "contract_until", "asked_at", "last_contact_at")


class MemoryImports:
    """Beside the parties, the ledger and the suppressions of the same store."""

    def __init__(self, keys: Keys, parties: MemoryParties, ledger: MemoryLedger, suppression: MemorySuppression,
                 relations: Rows[str, Relation]) -> None:
        """No run yet."""
        self._keys, self._parties, self._ledger, self._suppression = keys, parties, ledger, suppression
        self.runs: Rows[str, ImportRun] = Rows()
        self.relations = relations
        self.made_by: Rows[str, str] = Rows()
        self.evidence: Rows[tuple[str, str, str], Evidence] = Rows()

    def digest(self, handle: Handle) -> str:
        """The keyed HMAC of a handle."""
        return self._keys.digest(handle)

    def run(self, file_hash: str) -> ImportRun | None:
        """The run of a file."""
        return self.runs.get(file_hash)

    def save(self, run: ImportRun) -> None:
        """Begin it, or say how far it is."""
        self.runs.put(run.file_hash, replace(run, counts=plain(run.counts), finished_at=utc(run.finished_at),
                                             started_at=run.started_at.astimezone(UTC)))

    def known(self, digests: Sequence[str]) -> Known:
        """Files, states and suppressions of these handles."""
        asked = frozenset(digests)
        owners: defaultdict[str, list[str]] = defaultdict(list)
        mine: defaultdict[str, set[str]] = defaultdict(set)
        for handle, party in self._parties.attached:
            digest = self.digest(handle)
            if digest in asked:
                owners[digest].append(party)
                mine[party].add(digest)
        stops: dict[str, list[Stop]] = defaultdict(list)
        for key in self._suppression.rows.names():
            entry = self._suppression.rows.get(key)
            if key[0] in asked and entry is not None:
                stops[key[0]].append(Stop(entry.channel, entry.purpose, entry.provisional, entry.reason, entry.at))
        files = {party: self._file(party, frozenset(found)) for party, found in mine.items()}
        return Known({digest: tuple(sorted(found)) for digest, found in owners.items()}, files,
                     {digest: tuple(found) for digest, found in stops.items()})

    def _file(self, party_id: str, digests: frozenset[str]) -> KnownFile:
        party = self._parties.rows.get(party_id)
        assert party is not None  # noqa: S101 - a handle is attached to a party of this store
        states = {(state.purpose, state.channel): state for state in self._ledger.states(party_id)}
        return KnownFile(party, self.relations.get(party_id), self.made_by.get(party_id), states, digests)

    def add(self, made: Sequence[Party], known: Sequence[Relation], attached: Sequence[Attached], run_id: str) -> None:
        """New files with what was between us and them."""
        for party in made:
            unique(self._parties.rows.insert(party.id, party), "The party")
        self._relate(known)
        for relation in known:
            self.made_by.put(relation.party_id, run_id)
        self.attach(attached)

    def attach(self, attached: Sequence[Attached]) -> None:
        """Handles of files."""
        for each in attached:
            self._parties.attached.insert((each.handle, each.party_id), (each.handle, each.party_id))

    def update(self, changed: Sequence[Party], known: Sequence[Relation]) -> None:
        """What is now known of files that were there; never the capacity."""
        for party in changed:
            before = self._parties.rows.get(party.id)
            if before is not None:
                self._parties.rows.put(party.id, replace(party, capacity=before.capacity))
        self._relate(known)

    def _relate(self, known: Sequence[Relation]) -> None:
        for relation in known:
            dates: dict[str, Any] = {name: utc(getattr(relation, name)) for name in DATES}
            self.relations.put(relation.party_id, replace(relation, **dates))

    def claim(self, new: Sequence[Evidence], kept: Sequence[Evidence], replaced: Sequence[Evidence]) -> None:
        """What the file claims."""
        for each in (*new, *kept):
            self.evidence.insert(_key(each), replace(each, collected_at=utc(each.collected_at)))
        for each in replaced:
            self.evidence.put(_key(each), replace(each, collected_at=utc(each.collected_at)))


def _key(it: Evidence) -> tuple[str, str, str]:
    return it.party_id, it.purpose, it.channel
