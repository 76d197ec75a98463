"""Re-derives everything: sequence, links and hashes of the ledger, then the projection. There is no write path here.

A chain shows any change, gap or swap before its last entry. That the newest entries were cut off shows only against a
checkpoint (a sequence and its hash) that was kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from storage.chain import GENESIS, SCHEMA_VERSION, entry_hash
from storage.projection import Key, key_of, state_after
from storage.records import ConsentState, LedgerEntry, Provenance
from storage.unit_of_work import Ledger

BATCH = 1000
UNREADABLE = (ValueError, TypeError, AttributeError)  # what values that no column of ours can hold make of reading


class Unreadable(Exception):
    """An entry that is no entry any more."""

    def __init__(self, sequence: int, reason: str) -> None:
        """`sequence`: where it should have been."""
        super().__init__(reason)
        self.sequence = sequence


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the ledger said once: the hash of one entry."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """`count` entries were read; `first_bad` is where the first one is that does not fit; `head` the last good one."""

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str | None = None
    head: Checkpoint | None = None


Progress = Callable[[int], object]


def every(ledger: Ledger) -> Iterator[LedgerEntry]:
    """All entries in order, a batch at a time. Raises Unreadable."""
    after, size = 0, BATCH
    while True:
        try:
            batch = ledger.entries(after, size)
        except UNREADABLE as error:
            if size == 1:
                raise Unreadable(after + 1, f"the entry after {after} cannot be read: {error}") from error
            size = 1  # one of these: find out which
            continue
        if not batch:
            return
        yield from batch
        after = batch[-1].sequence


def verify(entries: Iterable[LedgerEntry], checkpoint: Checkpoint | None = None, progress: Progress | None = None,
           states: dict[Key, ConsentState] | None = None) -> VerifyReport:
    """Check the chain from the first entry on. `states` is filled with the projection of what was read."""
    head = Checkpoint(0, GENESIS)
    try:
        for entry in entries:
            reason = _wrong(entry, head) or _contradicts(entry, checkpoint)
            if reason:
                return VerifyReport(False, head.sequence + 1, entry.sequence, reason, head)
            head = Checkpoint(entry.sequence, entry.hash)
            state = state_after(entry)
            if states is not None and state is not None:
                states[key_of(state)] = state
            if progress is not None and entry.sequence % BATCH == 0:
                progress(entry.sequence)
    except Unreadable as error:
        return VerifyReport(False, head.sequence + 1, error.sequence, str(error), head)
    if checkpoint is not None and checkpoint.sequence > head.sequence:
        return VerifyReport(False, head.sequence, head.sequence + 1, "the ledger ends here, but the checkpoint is of "
                            f"entry {checkpoint.sequence}: the newest entries are gone", head)
    return VerifyReport(True, head.sequence, head=head)


def _wrong(entry: LedgerEntry, head: Checkpoint) -> str | None:
    if entry.sequence != head.sequence + 1:
        return f"entry {head.sequence + 1} is missing"
    if entry.schema_version > SCHEMA_VERSION:
        return f"it says version {entry.schema_version} and this program knows {SCHEMA_VERSION}"
    event = entry.event
    if entry.schema_version < 2 and (event.valid_until or event.notice or event.provenance != Provenance.WITNESSED):
        return f"it says what version {entry.schema_version} did not know"
    try:
        derived = entry_hash(entry.sequence, entry.id, event, entry.sealed, entry.recorded_at,
                             entry.previous_hash, entry.schema_version)
    except UNREADABLE as error:
        return f"it cannot be read: {error}"
    if entry.previous_hash != head.hash:
        return "the link to the entry before is broken"
    return "the entry was changed after it was written" if entry.hash != derived else None


def _contradicts(entry: LedgerEntry, checkpoint: Checkpoint | None) -> str | None:
    if checkpoint is None or checkpoint.sequence != entry.sequence or checkpoint.hash == entry.hash:
        return None
    return "the checkpoint has another hash: the ledger was written anew"


def verify_ledger(ledger: Ledger, checkpoint: Checkpoint | None = None,
                  progress: Progress | None = None) -> VerifyReport:
    """The chain, and the projection against what the chain says. Use in a reader: one snapshot.

    Memory: one state for each (party, purpose, channel), whatever the length of the ledger.
    """
    derived: dict[Key, ConsentState] = {}
    report = verify(every(ledger), checkpoint, progress, derived)
    if not report.ok:
        return report
    wrong = _first_difference(ledger, derived)
    return VerifyReport(False, report.count, wrong[0], wrong[1], report.head) if wrong else report


def _first_difference(ledger: Ledger, derived: dict[Key, ConsentState]) -> tuple[int, str] | None:
    """The entry whose state the projection tells otherwise, and how. Empties `derived`."""
    after = -1
    try:
        while batch := ledger.projection(after, BATCH):
            for stored in batch:
                state = derived.pop(key_of(stored), None)
                if state != stored:
                    sequence = state.sequence if state else stored.sequence
                    return sequence, f"the projection says {stored.status}, the ledger says " \
                                     f"{state.status if state else 'nothing'} (since, or sequence, may differ)"
            after = batch[-1].sequence
    except UNREADABLE as error:
        return after + 1, f"a state of the projection after entry {after} cannot be read: {error}"
    missing = min((state.sequence for state in derived.values()), default=None)
    return None if missing is None else (missing, "the projection lacks the state this entry made")
