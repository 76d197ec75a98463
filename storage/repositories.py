"""Protocols of the repositories beside the straight line: contacts, their audit, proof, and who is told of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from storage.dossier_records import Dossier, Ended, Ending, Kind, Over, ProofLeft
from storage.import_records import Attached, ImportRun, Known
from storage.records import (
    Audited,
    Capacity,
    Change,
    ChannelKind,
    Delivery,
    DeliveryStatus,
    Evidence,
    Handle,
    HandleFacts,
    InboxItem,
    Party,
    Relation,
    SignedCheckpoint,
)


class Relations(Protocol):
    """What was between the controller and each party."""

    def put(self, known: Relation) -> None:
        """Keep what is known of the party, instead of what was."""

    def get(self, party_id: str) -> Relation | None:
        """What is known of the party."""


class CallAttempts(Protocol):
    """Calls and attempts to a number, by its keyed HMAC (D223-9: how often one may call)."""

    def add(self, handle: Handle, at: datetime) -> None:
        """Somebody called, or tried to."""

    def since(self, handle: Handle, since: datetime) -> Sequence[datetime]:
        """Moments of calls and attempts to this number since then, oldest first."""

    def forget(self, before: datetime) -> int:
        """Delete what no longer counts; how many."""


class Files(Protocol):
    """Everything that the question "may this person be contacted?" needs. Reads only."""

    def of(self, handle: Handle, calls_since: datetime | None = None) -> HandleFacts:
        """What is kept of one handle; calls and attempts since then, none when they are not asked for.

        A telephone number is one number: what was said by SMS is found for calls, and the other way round.
        """

    def of_many(self, asked: Sequence[Handle], calls_since: datetime | None = None) -> Sequence[HandleFacts]:
        """The same of each, in the order asked, in a few statements: ask in chunks of some thousands."""

    def handles(self, kinds: Sequence[ChannelKind], after: Handle | None, limit: int) -> Sequence[Handle]:
        """Handles on file of these kinds, each once, in order of kind and value (bytewise), after this one."""

    def suppressed(self) -> int:
        """How many handles have a no or a pause, on file or not."""


class Changes(Protocol):
    """What recipients are told, in the ledger's order.

    The ledger is appended under one lock, held until the commit: whoever has read a sequence has read, or can read,
    every one below it.
    """

    def list(self, after: int, limit: int) -> Sequence[Change]:
        """In order of sequence."""

    def get(self, sequence: int) -> Change | None:
        """One change; None when there is none that recipients are told of."""

    def newest(self) -> int:
        """The newest ledger entry's sequence, 0 when there is none."""

    def handles(self, party_ids: Sequence[str]) -> Mapping[str, Sequence[Handle]]:
        """The handles on file now, by party; a party without any is left out."""


class Deliveries(Protocol):
    """How far each recipient was told, and what it said that it has (GDPR 19)."""

    def begin(self, subscriber: str, after: int) -> None:
        """A recipient is told of what comes after this sequence; nothing happens when it is known already."""

    def cursor(self, subscriber: str, *, lock: bool = False) -> int | None:
        """Up to where deliveries were made; None for one never seen. `lock`: nobody else's until the unit ends."""

    def queue(self, subscriber: str, sequences: Sequence[int], cursor: int) -> None:
        """Make deliveries where there are none yet, and move the cursor."""

    def open(self, subscriber: str, limit: int) -> Sequence[Delivery]:
        """What is neither acknowledged nor given up, up to the cursor, in order of sequence."""

    def get(self, subscriber: str, sequence: int) -> Delivery | None:
        """One delivery."""

    def mark(self, subscriber: str, sequence: int, status: DeliveryStatus, *, attempts: int,
             error: str | None = None, not_before: datetime | None = None) -> None:
        """Move one delivery; one that is acknowledged stays so."""

    def acknowledge(self, subscriber: str, sequence: int, at: datetime) -> None:
        """The recipient has it; the first time it said so is kept."""

    def replay(self, subscriber: str, after: int) -> None:
        """Tell everything after this sequence again, in order; acknowledgements stay."""

    def oldest_dead(self, subscriber: str) -> int | None:
        """The sequence of the first that was given up, or that 410 stopped."""

    def count(self, subscriber: str) -> Mapping[DeliveryStatus, int]:
        """Deliveries by status."""

    def of_party(self, party_id: str) -> Sequence[tuple[Delivery, Change]]:
        """Which recipients were told of which change of this party, in order of sequence."""


class Checkpoints(Protocol):
    """What the ledger said at certain moments, signed with the store's key. Only ever added to."""

    @property
    def public_key(self) -> bytes:
        """The key that signs here: 32 raw bytes (Ed25519)."""

    def newest(self) -> SignedCheckpoint | None:
        """The last one."""

    def list(self, after: int = 0, limit: int = 1000) -> Sequence[SignedCheckpoint]:
        """In order of sequence, those of entries after that one."""

    def add(self, previous: SignedCheckpoint | None, sequence: int, digest: str, root: str,
            at: datetime) -> SignedCheckpoint | None:
        """Sign and keep; None, and nothing is kept, when `previous` is no longer the newest: another was quicker."""

    def hashes(self, after: int, upto: int) -> Sequence[str]:
        """The hashes of the entries after the one and up to the other, in order: the leaves of a checkpoint."""


class Erasures(Protocol):
    """Taking out what names a person. What the chain holds of it is ciphertext: its key is destroyed elsewhere."""

    def undecided(self) -> Sequence[str]:
        """Ids of received messages that are not decided for good (pending, held or failed)."""

    def unsent(self, handle: Handle) -> int:
        """How many of our messages to it are still to be sent."""

    def naming(self, handle: Handle) -> Sequence[InboxItem]:
        """Messages whose envelope or explanation has the handle in it, without their bytes, oldest first."""

    def other_files(self, content_hash: str, party_id: str) -> bool:
        """Whether the proof of another party that is on file rests on this message."""

    def scrub(self, item_id: str, at: datetime) -> None:
        """Nothing of the message stays but its hash, so that it is not taken in again."""

    def archive(self, item_id: str, at: datetime, until: datetime, party_id: str) -> None:
        """The same, but the message is kept sealed as proof of this party's consent or refusal until that day."""

    def archived(self, content_hash: str) -> InboxItem | None:
        """An archived message, unsealed. Raises WrongKey."""

    def overdue(self, now: datetime) -> Sequence[tuple[str, str, str]]:
        """Archived messages whose time is over: id, party id, content hash."""

    def letters(self, handle: Handle) -> int:
        """Take the words and the recipient out of what we sent to it; how many."""

    def examples(self, item_ids: Sequence[str]) -> int:
        """Delete what was learnt from these messages; how many."""

    def file(self, party_id: str) -> Mapping[str, int]:
        """Delete the party with its handles, relation, evidence, audit and invitations; rows by table."""

    def handle(self, handle: Handle) -> int:
        """Take it out of the rights requests and forget that it was invalid; how many requests."""


class Imports(Protocol):
    """What a file brings, by the batch. The ledger and the suppressions have their own verbs."""

    def digest(self, handle: Handle) -> str:
        """The keyed HMAC of a handle, by which it is looked up."""

    def run(self, file_hash: str) -> ImportRun | None:
        """The run of the file with these bytes (sha256 hex), done or interrupted."""

    def save(self, run: ImportRun) -> None:
        """Begin a run, or say how far it is; id, file_hash and name of a known one stay."""

    def known(self, digests: Sequence[str]) -> Known:
        """Files, states and suppressions of these handles, in a handful of statements."""

    def add(self, made: Sequence[Party], known: Sequence[Relation], attached: Sequence[Attached], run_id: str) -> None:
        """New files, each with its relation and handles; raises what the store raises when one is there."""

    def attach(self, attached: Sequence[Attached]) -> None:
        """More handles of files that were there."""

    def update(self, changed: Sequence[Party], known: Sequence[Relation]) -> None:
        """What is now known of files that were there; the capacity never changes."""

    def claim(self, new: Sequence[Evidence], kept: Sequence[Evidence], replaced: Sequence[Evidence]) -> None:
        """What a file claims. `new`: of files made in this unit; `kept`: only where nothing was claimed before;
        `replaced`: instead of what was.
        """


class Audits(Protocol):
    """What the legacy audit reads, set by set, and what it says of each claim."""

    def count(self) -> int:
        """Parties to judge: those with a handle on file."""

    def page(self, after: str, limit: int) -> Sequence[Dossier]:
        """The next parties in order of id after this one, each with all that is on file of it; empty at the end."""

    def put(self, found: Sequence[Audited]) -> None:
        """Keep each, instead of what was said of the same claim; nothing for a party that is gone."""

    def drop(self, gone: Sequence[Audited]) -> None:
        """Forget what was said of these claims."""

    def of(self, party_id: str) -> Sequence[Audited]:
        """What was said of a party, in order of channel and purpose."""


class Expiries(Protocol):
    """Consents whose time is over and requests that nobody answered."""

    def some(self, ending: Ending, at: datetime, year_ago: datetime, home: str, limit: int) -> Sequence[Ended]:
        """The first that end for this reason, oldest entry first; `home`: the country of parties of whom none is known.

        PostgreSQL locks them until the unit ends and leaves out what another unit has locked.
        """


class Retention(Protocol):
    """What is over by the retention table. Files and messages with a pending rights request are never over."""

    def count(self, kind: Kind, before: datetime) -> tuple[int, datetime | None]:
        """How many of this kind began before the moment, and when the oldest did.

        A file begins when the last of its claims came into the delete pile, or was found silent beside a no.
        """

    def some(self, kind: Kind, before: datetime, limit: int) -> Sequence[Over]:
        """The first of them."""

    def resting(self, content_hash: str) -> Sequence[tuple[str, Capacity]]:
        """Parties whose ledger entries rest on the message of this hash."""

    def drop(self, kind: Kind, names: Sequence[str]) -> None:
        """Take out letters' words, requests or calls by name; raises KeyError for files and messages."""

    def close(self, party_id: str) -> Mapping[str, int]:
        """Delete the file but for what proves (evidence of a yes that names its proof, requests); rows by table."""

    def proofs(self, after: str, limit: int) -> Sequence[ProofLeft]:
        """Closed files whose ledger entries can still be unsealed, in order of party id after this one."""

    def end_proof(self, party_id: str) -> None:
        """Delete the evidence and what is left of a closed file; `Ledger.destroy_key` does the rest."""
