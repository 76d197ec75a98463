"""What storage remembers, as frozen records. No I/O, no SQLAlchemy: every layer may import it.

Words follow GDPR, ISO/IEC TS 27560 and DPV (`docs/glossary.md`). All datetimes are aware, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ChannelKind(StrEnum):
    """The means by which a person is reached; consent is given per channel (CPCE L34-5)."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"
    CHAT = "chat"


class Capacity(StrEnum):
    """In which role a person is written to; the two files are never mixed."""

    CONSUMER = "consumer"
    PROFESSIONAL = "professional"


class ConsentStatus(StrEnum):
    """DPV consent statuses (`dpv:ConsentStatus`). Only GIVEN and RENEWED are valid for processing."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    REQUEST_DEFERRED = "request_deferred"
    GIVEN = "given"
    RENEWED = "renewed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    REVOKED = "revoked"

    @property
    def valid(self) -> bool:
        """True when processing may rest on this status (dpv:ConsentStatusValidForProcessing)."""
        return self in (ConsentStatus.GIVEN, ConsentStatus.RENEWED)


class EventTag(StrEnum):
    """What a ledger event says happened. Only ever added to: old entries must stay readable."""

    WITHDRAW = "consent:withdraw"
    REFUSE = "consent:refuse"
    GRANT = "consent:grant"
    OBJECT = "consent:object"
    REQUEST = "consent:request"
    INVALIDATE = "consent:invalidate"
    EXPIRE = "consent:expire"
    REVOKE = "consent:revoke"
    IMPORT = "consent:import"  # what a file tells of an earlier time
    PAUSE = "marketing:pause"
    RESUME = "marketing:resume"
    RIGHTS_OPEN = "rights:open"
    ERASE = "party:erase"
    MERGE = "party:merge"
    DELETE = "retention:delete"
    ACKNOWLEDGE = "recipient:acknowledge"  # a recipient says it has the change (GDPR 19)

    @property
    def of_consent(self) -> bool:
        """Whether it changes what the projection says; the others only tell what happened."""
        return self.value.startswith("consent:")

    @property
    def for_recipients(self) -> bool:
        """Whether those who have the data are told of it (GDPR 19): consent, pauses, erasure, merging, deletion."""
        return self.value.startswith(("consent:", "marketing:", "party:", "retention:"))


class Provenance(StrEnum):
    """How we know of the act that an event tells."""

    WITNESSED = "witnessed"  # the person's own message, click or call reached us; its bytes are hashed in the event
    IMPORTED = "imported"  # a file told us later: backdated evidence, as good as what it names
    DECLARED = "declared"  # staff say so, on their name


ALL = "all"
"""Wildcard for purpose or channel in an event: every purpose / every channel of the controller."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A contact point: channel kind + normalised value (addr-spec, E.164 or chat id).

    `repr` redacts, so that a handle in a log or a traceback shows no personal data.
    """

    kind: ChannelKind
    value: str

    def __repr__(self) -> str:
        """Show the kind and the mail domain only."""
        domain = self.value.rpartition("@")[2] if "@" in self.value else ""
        return f"<{self.kind} ***{'@' + domain if domain else ''}>"


class InboxStatus(StrEnum):
    """Where an inbox item stands."""

    PENDING = "pending"  # stored and acknowledged, not yet decided
    DONE = "done"  # decided; the decision is recorded
    HELD = "held"  # decided: waits for a reviewer
    FAILED = "failed"  # raised; stage and traceback kept; can be released


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One message as it came, and what became of it."""

    id: str
    channel: ChannelKind
    source: str  # which receiver, e.g. "lmtp" or "imap:privacy"
    external_id: str  # the channel's own id (Message-ID or UIDVALIDITY/UID); may repeat across sources
    content_hash: str  # sha256 hex of raw
    raw: bytes = field(repr=False)
    envelope: Mapping[str, Any] = field(repr=False)  # mail_from, rcpt_to (list), peer
    received_at: datetime
    status: InboxStatus = InboxStatus.PENDING
    stage: str | None = None  # where it failed
    error: str | None = field(default=None, repr=False)  # traceback, no personal data promised
    attempts: int = 0
    explanation: Mapping[str, Any] | None = field(default=None, repr=False)  # findings..decision as JSON


class OutboxStatus(StrEnum):
    """Where an outgoing message stands; each move is its own commit."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # permanent refusal by the next hop, or too many tries
    HELD = "held"  # ambiguous after a crash (campaign mail only)


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One outgoing message, rendered and signed when sent: bytes are final but for DKIM."""

    id: str
    channel: ChannelKind
    recipient: Handle
    template: str
    language: str
    envelope_from: str  # "" is the null reverse-path
    payload: bytes = field(repr=False)
    message_id: str
    inbox_id: str | None
    created_at: datetime
    status: OutboxStatus = OutboxStatus.QUEUED
    attempts: int = 0
    not_before: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A person we know, in one capacity. `id` is opaque."""

    id: str
    capacity: Capacity
    organisation: str | None = None
    language: str | None = None
    country: str | None = None
    region: str | None = None  # ISO 3166-2 without the country, e.g. "67": regional holidays
    time_zone: str | None = None  # IANA name; calling hours are the person's


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One ledger entry before it is chained: what changed, why, and on which evidence."""

    tag: EventTag
    party_id: str
    capacity: Capacity
    purpose: str  # operator's key, or ALL
    channel: str  # ChannelKind value, or ALL
    status_before: ConsentStatus
    status_after: ConsentStatus
    occurred_at: datetime
    actor: str  # "person", "staff:<id>", "system"
    regime: str  # id of the regime row used, e.g. "FR-01"
    decision: str  # row of the decision table
    source_hash: str  # sha256 hex of the raw message
    personal: Mapping[str, Any] = field(default_factory=dict, repr=False)  # sealed with the party's key
    provenance: Provenance = Provenance.WITNESSED
    valid_until: datetime | None = None  # when a consent ends by law or by its own words
    notice: str = ""  # id of the exact wording shown: `Notice.id`


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A chained entry as stored: `hash` covers everything but itself, personal data as ciphertext."""

    sequence: int
    id: str
    schema_version: int
    event: ConsentEvent  # `personal` empty when the key is destroyed or was not asked for
    sealed: bytes = field(repr=False)
    recorded_at: datetime
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The projection: current status of one (party, purpose, channel)."""

    party_id: str
    purpose: str
    channel: str
    status: ConsentStatus
    since: datetime
    sequence: int  # ledger entry it came from
    valid_until: datetime | None = None


class RightsArticle(StrEnum):
    """GDPR rights a case may be about."""

    A7_3 = "A7-3"
    A15 = "A15"
    A16 = "A16"
    A17 = "A17"
    A18 = "A18"
    A20 = "A20"
    A21 = "A21"
    A22 = "A22"


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """A case with a legal clock (GDPR 12(3)). `status` is a DPV request status in short form."""

    id: str
    party_id: str | None
    handle: Handle
    article: RightsArticle
    received_at: datetime
    due_at: datetime
    status: str  # acknowledged | identity_required | fulfilled | rejected
    inbox_id: str | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """One person asked once: the open request that a yes must answer."""

    id: str
    party_id: str
    handle: Handle
    purposes: tuple[str, ...]
    channel: str
    message_id: str  # Message-ID of what we sent, for the reply chain
    sent_at: datetime
    expires_at: datetime
    notice: str  # id of the exact wording shown
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LabelledExample:
    """What a reviewer said that one message wants: what the reader can learn from. One for each message."""

    id: str
    inbox_id: str
    text: str = field(repr=False)  # the person's fresh words; sealed where they are kept
    subject: str = field(repr=False)  # sealed too
    channel: ChannelKind
    context: str  # what it answers: none, newsletter, reconsent
    language: str  # ISO 639-1
    intents: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    model_version: str  # which model had read it; "" when none had
    read_as: tuple[str, ...]  # what that model had said


@dataclass(frozen=True, slots=True)
class Notice:
    """The exact words that were shown. `id`: sha256 hex of name, version, language and text, one a line."""

    id: str
    name: str
    version: str
    language: str  # ISO 639-1
    text: str
    since: datetime  # first shown


class Source(StrEnum):
    """From whom a contact was collected."""

    PERSON = "person"
    THIRD_PARTY = "third_party"  # a partner, a bought or rented list, a directory
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Relation:
    """What was between the controller and a party: the facts that the exceptions to consent rest on."""

    party_id: str
    source: Source = Source.UNKNOWN
    collected_at: datetime | None = None
    at_sale: bool = False  # collected on the occasion of a sale or service (CPCE L34-5 al. 4)
    refusal_offered: bool = False  # simply and free of charge, when it was collected
    last_sale_at: datetime | None = None
    contract_until: datetime | None = None  # a contract in progress (C. conso. L223-1 al. 4); far away when open-ended
    asked_at: datetime | None = None  # the person asked for information or a call back (R223-4)
    last_contact_at: datetime | None = None  # from the person: an order, a reply, a click, a call; an open is none


@dataclass(frozen=True, slots=True)
class Change:
    """What recipients are told of one ledger entry: everything but what is sealed."""

    sequence: int
    id: str  # of the entry
    tag: EventTag
    party_id: str
    capacity: Capacity
    purpose: str
    channel: str
    status_before: ConsentStatus
    status_after: ConsentStatus
    occurred_at: datetime
    recorded_at: datetime
    regime: str


class DeliveryStatus(StrEnum):
    """Where one recipient's notice of one change stands."""

    QUEUED = "queued"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"  # the recipient said that it has it
    DEAD = "dead"  # given up after the last try; a replay sends it again
    GONE = "gone"  # the recipient answered 410: nothing more goes to it before an operator's replay


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change on its way to one recipient; `acknowledged_at` is the first time it said that it has it (GDPR 19)."""

    subscriber: str
    sequence: int  # of the ledger entry
    status: DeliveryStatus = DeliveryStatus.QUEUED
    attempts: int = 0
    not_before: datetime | None = None
    error: str | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file claims of one (party, purpose, channel), as it claims it; the audit judges it."""

    party_id: str
    purpose: str
    channel: str
    claimed: ConsentStatus
    collected_at: datetime | None
    method: str  # how it was given, as told: box, pre_ticked, bundled, oral, paper, double_opt_in, unknown
    notice: str  # id of a notice, or "" when the wording is not known
    proof: str  # where the proof lies, as told; "" when there is none
    run_id: str  # of the import
    line: int


class Pile(StrEnum):
    """What the audit says of one claim."""

    KEEP = "keep"
    ASK = "ask"
    SUPPRESS = "suppress"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Audited:
    """The pile of one (party, purpose, channel), with its reason codes."""

    party_id: str
    purpose: str
    channel: str
    pile: Pile
    reasons: tuple[str, ...]
    at: datetime  # when it came into this pile, or stayed in it although something new was heard


@dataclass(frozen=True, slots=True)
class File:
    """What is kept of one party: a person in one capacity."""

    party: Party
    relation: Relation | None = None
    states: tuple[ConsentState, ...] = ()
    audited: tuple[Audited, ...] = ()


@dataclass(frozen=True, slots=True)
class HandleFacts:
    """What is kept of one handle. `files`: consumer first. `suppressions`: as `Suppression.find` gives them."""

    files: tuple[File, ...] = ()
    suppressions: tuple[Mapping[str, Any], ...] = ()
    calls: tuple[datetime, ...] = ()
    valid: bool = True


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """What the ledger said at one moment, signed: anybody who has the public key can check it.

    `root`: Merkle tree hash (RFC 9162, 2.1) over the hashes of the entries after the checkpoint before and up to
    `sequence`. `previous`: sha256 hex of the checkpoint before, 64 zeros for the first. `signature`: Ed25519.
    """

    sequence: int
    hash: str
    root: str
    previous: str
    at: datetime
    key_id: str
    signature: bytes = field(repr=False)
