"""Old contacts as an import leaves them: relations, evidence and the run they came with."""

from dataclasses import asdict
from datetime import UTC, datetime

from storage import schema
from storage.memory import MemoryStore
from storage.records import ConsentStatus, Evidence, Handle, Party, Relation
from storage.store import Store

TAKEN_IN = datetime(2026, 11, 1, tzinfo=UTC)
RUN = "run-1"


def claim(party: str, purpose: str = "newsletter", channel: str = "email",
          claimed: ConsentStatus = ConsentStatus.GIVEN, at: datetime | None = None, method: str = "unknown",
          notice: str = "", proof: str = "") -> Evidence:
    return Evidence(party, purpose, channel, claimed, at, method, notice, proof, RUN, 1)


def add(store: Store | MemoryStore, party: Party, handles: list[Handle], relation: Relation | None = None,
        evidence: list[Evidence] | None = None) -> None:
    """One file."""
    with store.unit_of_work() as uow:
        for handle in handles:
            uow.parties.add(party, handle)
        if isinstance(store, MemoryStore):
            store.claims.imported.put(RUN, TAKEN_IN)
            if relation is not None:
                store.claims.relations.put(party.id, relation)
            for each in evidence or []:
                store.claims.evidence.put((each.party_id, each.purpose, each.channel), each)
        uow.commit()
    if isinstance(store, Store):
        _insert(store, relation, evidence or [])


def _insert(store: Store, relation: Relation | None, evidence: list[Evidence]) -> None:
    with store.engine.connect() as connection, connection.begin():
        if not connection.execute(schema.import_run.select()).first():
            connection.execute(schema.import_run.insert().values(
                id=RUN, file_hash="0" * 64, name="old.csv", line=1, counts={}, started_at=TAKEN_IN, by="t"))
        if relation is not None:
            connection.execute(schema.relation.insert().values(**asdict(relation) | {"source": relation.source.value}))
        for each in evidence:
            connection.execute(schema.evidence.insert().values(**asdict(each) | {"claimed": each.claimed.value}))
