"""Old contacts as an import leaves them: relations, evidence and the run they came with."""

from datetime import UTC, datetime

from storage.import_records import ImportRun
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
        if uow.imports.run("0" * 64) is None:
            uow.imports.save(ImportRun(RUN, "0" * 64, "old.csv", 1, {}, TAKEN_IN, "t"))
        uow.imports.update([], [relation] if relation is not None else [])
        uow.imports.claim([], evidence or [], [])
        uow.commit()
