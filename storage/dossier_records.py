"""What the legacy audit, expiry and retention read and give, as frozen records. No I/O, no SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records import (
    Audited,
    Capacity,
    ConsentState,
    ConsentStatus,
    EventTag,
    Evidence,
    Party,
    Relation,
)


@dataclass(frozen=True, slots=True)
class Said:
    """The current status of one (purpose, channel), with what its ledger entry tells of how we know."""

    purpose: str
    channel: str
    status: ConsentStatus
    before: ConsentStatus
    since: datetime
    sequence: int
    witnessed: bool  # the act itself reached us
    notice: str  # id of the words shown, or ""
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What the suppression list says of one of a party's handles."""

    purpose: str
    channel: str
    provisional: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """One invitation, as far as it matters whether it was answered."""

    purposes: tuple[str, ...]
    channel: str
    sent_at: datetime
    expires_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file's evidence with when the file was taken in, and the name of the notice when we hold its words."""

    evidence: Evidence
    imported_at: datetime
    wording: str | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything on file of one party that the audit judges by. `reached`: kinds with a handle that has not bounced.

    `bounced`: kinds whose every handle has. `contested`: a request for erasure, restriction or objection is open.
    `notices`: names by id of the notices that `said` mentions. `audited`: what the audit said last.
    """

    party: Party
    reached: frozenset[str] = frozenset()
    bounced: frozenset[str] = frozenset()
    relation: Relation | None = None
    claimed: tuple[Claimed, ...] = ()
    said: tuple[Said, ...] = ()
    stops: tuple[Suppressed, ...] = ()
    askings: tuple[Asking, ...] = ()
    contested: bool = False
    notices: Mapping[str, str] = field(default_factory=dict)
    audited: tuple[Audited, ...] = ()


class Ending(StrEnum):
    """Why a consent or a request ends without anybody's word."""

    TIME = "time"  # its own end is reached
    PHONE_YEAR = "phone-year"  # a French telephone consent is a year old (C. conso. R223-1)
    SILENCE = "silence"  # asked, and not answered in time


@dataclass(frozen=True, slots=True)
class Ended:
    """A state whose time is over, with the capacity and the regime of the entry it came from."""

    state: ConsentState
    capacity: Capacity
    regime: str


class Kind(StrEnum):
    """What ends by the retention table and is taken out row by row."""

    FILE = "file"
    MESSAGE = "message"  # that changed nothing
    PROOF_MESSAGE = "proof_message"  # that a ledger entry or a rights request rests on
    LETTER = "letter"
    REQUEST = "rights_request"
    CALL = "call_attempt"


@dataclass(frozen=True, slots=True)
class Over:
    """One that is over. `about`: a file's capacity, a message's hash, a letter's kind of handle, a request's party or
    "", a call's digest. `since`: where its time began.
    """

    name: str
    about: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ProofLeft:
    """A closed file that can still be unsealed. `entries`: tag, channel, regime and the newest time of each."""

    party_id: str
    capacity: Capacity
    evidence: bool  # claims with their proof are still kept
    entries: tuple[tuple[EventTag, str, str, datetime], ...]
