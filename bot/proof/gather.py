"""Every entry of a party with all that it rests on. Reads only, from one snapshot."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import OperatorError
from bot.policy.load import regimes
from bot.policy.regime import Regime
from storage.archive import ERASED
from storage.bundle import MESSAGES
from storage.chain import GENESIS
from storage.merkle import levels, path
from storage.records import (
    ALL,
    Capacity,
    ChannelKind,
    Handle,
    InboxItem,
    LedgerEntry,
    Notice,
    OutboxItem,
    Provenance,
    SignedCheckpoint,
)
from storage.unit_of_work import UnitOfWork

LATE = timedelta(days=1)  # recorded later than that after it happened: not witnessed when it happened
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """One consent: a purpose on a channel. What covers it, as everything on every channel does, belongs to it."""

    purpose: str
    channel: str

    def has(self, entry: LedgerEntry) -> bool:
        """Whether the entry tells of it."""
        event = entry.event
        return not event.tag.of_consent or (event.purpose in (self.purpose, ALL)
                                            and event.channel in (self.channel, ALL))


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where an entry is in the tree that a checkpoint signs, and its path to the root (RFC 9162, 2.1.3)."""

    checkpoint: int
    index: int
    size: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry, unsealed, and what it rests on. `inclusion` None: not signed yet."""

    entry: LedgerEntry
    message: InboxItem | None = field(repr=False)
    answers: tuple[OutboxItem, ...] = field(repr=False)
    regime: Regime | None
    notice: Notice | None
    inclusion: Inclusion | None

    @property
    def backdated(self) -> str:
        """Why it is told after the fact: imported, declared, late; "" when it was witnessed as it happened."""
        event = self.entry.event
        if event.provenance is not Provenance.WITNESSED:
            return str(event.provenance)
        return "late" if self.entry.recorded_at - event.occurred_at > LATE else ""


@dataclass(frozen=True, slots=True)
class Proof:
    """All of one party. `capacity` and `handles` are empty once it was erased."""

    party_id: str
    capacity: Capacity | None
    handles: tuple[Handle, ...]
    scope: Scope | None
    facts: tuple[Fact, ...]
    checkpoints: tuple[SignedCheckpoint, ...]
    public_key: bytes
    made_at: datetime

    @property
    def erased(self) -> bool:
        """Whether the person was erased: only the chain and what is archived are left."""
        return self.capacity is None


def gather(party_id: str, scope: Scope | None, uow: UnitOfWork, now: datetime) -> Proof:
    """The proof as it stands. Raises OperatorError when there is nothing of that party, or of that scope."""
    entries = [entry for entry in uow.ledger.by_party(party_id) if scope is None or scope.has(entry)]
    if not entries:
        raise OperatorError("The ledger has nothing of this party" + (" in that scope: check PURPOSE/CHANNEL." if scope
                                                                      else "."))
    party, checkpoints = uow.parties.get(party_id), tuple(_all(uow))
    handles = tuple(uow.parties.handles(party_id))
    known = {regime.id: regime for regime in regimes()}
    included = _inclusions([entry.sequence for entry in entries], checkpoints, uow)
    facts = []
    for entry in entries:
        message = _message(entry.event.source_hash, uow)
        notice = uow.notices.get(entry.event.notice) if entry.event.notice else None
        facts.append(Fact(entry, message, _answers(message, handles, uow), known.get(entry.event.regime), notice,
                          included.get(entry.sequence)))
    return Proof(party_id, party.capacity if party else None, handles, scope, tuple(facts), checkpoints,
                 uow.checkpoints.public_key, now)


def _all(uow: UnitOfWork) -> Iterator[SignedCheckpoint]:
    after = 0
    while batch := uow.checkpoints.list(after, PAGE):
        yield from batch
        after = batch[-1].sequence


def _message(digest: str, uow: UnitOfWork) -> InboxItem | None:
    """The message of that hash: in the inbox, or archived when the person was erased."""
    if digest == GENESIS:
        return None
    found = uow.inbox.by_hash(digest)
    return uow.erasures.archived(digest) if found is not None and found.source == ERASED else found


def _answers(message: InboxItem | None, handles: Sequence[Handle], uow: UnitOfWork) -> tuple[OutboxItem, ...]:
    """What we answered to this person: not what the message made us ask somebody else. An erased one has no handle."""
    if message is None:
        return ()
    return tuple(each for each in uow.outbox.answers_to(message.id)
                 if each.recipient in handles or not (handles or each.recipient.value))


def _inclusions(sequences: Sequence[int], checkpoints: Sequence[SignedCheckpoint],
                uow: UnitOfWork) -> dict[int, Inclusion]:
    """The path of each entry that is signed; each tree is built once."""
    ends, found = [each.sequence for each in checkpoints], {}
    trees: dict[int, list[list[bytes]]] = {}
    for sequence in sequences:
        number = bisect_left(ends, sequence)
        if number == len(ends):
            continue
        before = ends[number - 1] if number else 0
        if number not in trees:
            trees[number] = levels(uow.checkpoints.hashes(before, ends[number]))
        index = sequence - before - 1
        found[sequence] = Inclusion(ends[number], index, len(trees[number][0]), tuple(path(index, trees[number])))
    return found


def message_file(message: InboxItem) -> str:
    """Its name in the bundle: by its hash, as the entries name it."""
    return f"{MESSAGES}{message.content_hash}.{'eml' if message.channel is ChannelKind.EMAIL else 'bin'}"
