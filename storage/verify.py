"""Re-derives everything: sequence, links and hashes of the ledger, then the projection. There is no write path here.

A chain shows any change, gap or swap before its last entry, unless it was written anew from there: that shows against
the signed checkpoints. That the newest entries were cut off shows only against a checkpoint that was kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from storage.chain import GENESIS, SCHEMA_VERSION, entry_hash
from storage.merkle import Tree
from storage.projection import Key, key_of, state_after
from storage.records import ConsentState, LedgerEntry, Provenance, SignedCheckpoint
from storage.repositories import Checkpoints
from storage.signing import Witness, digest_of
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
    """`count` entries were read; `first_bad` is where the first one is that does not fit; `head` the last good one.

    `checkpoints` that were signed with the key `key_id` were checked too; the newest is of the entry `signed`.
    """

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str | None = None
    head: Checkpoint | None = None
    checkpoints: int = 0
    signed: int = 0
    key_id: str | None = None


Progress = Callable[[int], object]


def every(ledger: Ledger, after: int = 0) -> Iterator[LedgerEntry]:
    """All entries after that one in order, a batch at a time. Raises Unreadable."""
    size = BATCH
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


class Walk:
    """Along the chain, entry by entry, and past the checkpoints that were signed on the way."""

    def __init__(self, signed: SignedCheckpoint | None = None) -> None:
        """From the first entry, or from where a checkpoint was signed."""
        self.signed, self.checkpoints = signed, 0
        self.head = Checkpoint(signed.sequence, signed.hash) if signed else Checkpoint(0, GENESIS)
        self.tree, self.key_id = Tree(), signed.key_id if signed else None

    def entry(self, entry: LedgerEntry) -> str | None:
        """Take it in; or what is wrong with it."""
        reason = _wrong(entry, self.head)
        if reason is None:
            self.head = Checkpoint(entry.sequence, entry.hash)
            self.tree.add(entry.hash)
        return reason

    def witness(self, witness: Witness) -> str | None:
        """Take in what was signed at this place; or what is wrong with it."""
        reason = witness.fault() or self._disagrees(witness.checkpoint)
        if reason is None:
            self.signed, self.tree = witness.checkpoint, Tree()
            self.key_id = witness.checkpoint.key_id
            self.checkpoints += 1
        return reason

    def _disagrees(self, checkpoint: SignedCheckpoint) -> str | None:
        since = self.signed.sequence if self.signed else 0
        if self.key_id not in (None, checkpoint.key_id):
            return "the checkpoint is signed with another key than those before"
        if checkpoint.previous != digest_of(self.signed):
            return f"the checkpoint does not follow the one of entry {since}: one was removed, or made later"
        if checkpoint.sequence > self.head.sequence:
            return (f"the ledger ends with entry {self.head.sequence}, but entry {checkpoint.sequence} was signed: "
                    "the newest entries are gone")
        if checkpoint.sequence < self.head.sequence or checkpoint.sequence <= since:
            return "the checkpoint is not in its place"
        if (checkpoint.hash, checkpoint.root) != (self.head.hash, self.tree.root()):
            return (f"entries {since + 1} to {checkpoint.sequence} are not those that were signed: "
                    "the chain was written anew")
        return None


def verify(entries: Iterable[LedgerEntry | Witness], checkpoint: Checkpoint | None = None,
           progress: Progress | None = None, states: dict[Key, ConsentState] | None = None) -> VerifyReport:
    """Check the chain from the first entry on, and what was signed of it, each after the entry that it is of.

    `states` is filled with the projection of what was read.
    """
    walk = Walk()

    def report(bad: int | None = None, reason: str | None = None, *, read: int = 0) -> VerifyReport:
        return VerifyReport(reason is None, walk.head.sequence + read, bad, reason, walk.head, walk.checkpoints,
                            walk.signed.sequence if walk.signed else 0, walk.key_id)

    try:
        for each in entries:
            if isinstance(each, Witness):
                reason = walk.witness(each)
                if reason:
                    return report(each.checkpoint.sequence, reason)
                continue
            reason = walk.entry(each) or _contradicts(each, checkpoint)
            if reason:
                return report(each.sequence, reason, read=0 if walk.head.sequence == each.sequence else 1)
            state = state_after(each)
            if states is not None and state is not None:
                states[key_of(state)] = state
            if progress is not None and each.sequence % BATCH == 0:
                progress(each.sequence)
    except Unreadable as error:
        return report(error.sequence, str(error), read=1)
    if checkpoint is not None and checkpoint.sequence > walk.head.sequence:
        return report(walk.head.sequence + 1, f"the ledger ends here, but the checkpoint is of entry "
                                              f"{checkpoint.sequence}: the newest entries are gone")
    return report()


def witnessed(entries: Iterable[LedgerEntry], checkpoints: Checkpoints) -> Iterator[LedgerEntry | Witness]:
    """Entries, each followed by the checkpoint that was signed at it. Raises Unreadable."""
    signed = _signed(checkpoints)
    waiting = next(signed, None)
    for entry in entries:
        while waiting is not None and waiting.checkpoint.sequence < entry.sequence:
            yield waiting
            waiting = next(signed, None)
        yield entry
    if waiting is not None:
        yield waiting
    yield from signed


def _signed(checkpoints: Checkpoints) -> Iterator[Witness]:
    after = 0
    try:
        while batch := checkpoints.list(after, BATCH):
            yield from (Witness(each, checkpoints.public_key) for each in batch)
            after = batch[-1].sequence
    except UNREADABLE as error:
        raise Unreadable(after + 1, f"a checkpoint after entry {after} cannot be read: {error}") from error


def unsigned(ledger: Ledger, newest: SignedCheckpoint | None) -> tuple[Checkpoint, str] | None:
    """What the next checkpoint is to say: the last entry and the Merkle root since `newest`; None when nothing is new.

    Each entry is verified first. Raises Unreadable: what does not verify is not signed.
    """
    walk = Walk(newest)
    start = walk.head.sequence
    for entry in every(ledger, start):
        reason = walk.entry(entry)
        if reason:
            raise Unreadable(entry.sequence, reason)
    return (walk.head, walk.tree.root()) if walk.head.sequence > start else None


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


def verify_ledger(ledger: Ledger, checkpoint: Checkpoint | None = None, progress: Progress | None = None,
                  checkpoints: Checkpoints | None = None) -> VerifyReport:
    """The chain, what was signed of it, and the projection against what it says. Use in a reader: one snapshot.

    Memory: one state for each (party, purpose, channel), whatever the length of the ledger.
    """
    derived: dict[Key, ConsentState] = {}
    entries = every(ledger)
    report = verify(witnessed(entries, checkpoints) if checkpoints else entries, checkpoint, progress, derived)
    if not report.ok:
        return report
    wrong = _first_difference(ledger, derived)
    return replace(report, ok=False, first_bad=wrong[0], reason=wrong[1]) if wrong else report


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
