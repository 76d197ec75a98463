"""The frozen types that travel the straight line. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.records import ChannelKind, Handle


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came: its bytes, the channel's own id for it, and what the channel knows beside the bytes."""

    raw: bytes = field(repr=False)
    external_id: str
    envelope: Mapping[str, Any] = field(default_factory=dict, repr=False)  # mail_from, rcpt_to (list), peer


@dataclass(frozen=True, slots=True)
class Envelope:
    """SMTP envelope. `mail_from`: None when unknown (IMAP), "" for the null reverse-path."""

    mail_from: str | None = None
    rcpt_to: tuple[str, ...] = ()
    peer: str | None = None  # IP address of the last hop
    helo: str = ""  # the name it gave itself


@dataclass(frozen=True, slots=True)
class Headers:
    """Decoded, unfolded header fields in order of appearance (topmost first)."""

    fields: tuple[tuple[str, str], ...] = ()
    _values: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)  # by name in lower case

    def __post_init__(self) -> None:
        """The rules ask for some forty names: each field is looked at once."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.fields:
            key = name.lower()
            found[key] = (*found.get(key, ()), value)
        object.__setattr__(self, "_values", found)

    def get(self, name: str) -> str | None:
        """The topmost field of that name, or None."""
        found = self.all(name)
        return found[0] if found else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every field of that name, topmost first; names are case-insensitive (RFC 5322 2.2)."""
        return self._values.get(name.lower(), ())


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text. `size` in bytes after transfer decoding."""

    filename: str | None
    content_type: str
    size: int
    sha256: str


class ReportKind(StrEnum):
    """Machine reports (multipart/report)."""

    DELIVERY = "delivery-status"  # RFC 3464
    FEEDBACK = "feedback-report"  # RFC 5965
    DISPOSITION = "disposition-notification"  # RFC 8098


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed multipart/report. `fields` are lower-cased names of the (first recipient's) report part."""

    kind: ReportKind
    fields: Mapping[str, str]
    original: Headers = field(default_factory=Headers)  # headers of the returned message, as far as included
    recipients: tuple[Mapping[str, str], ...] = ()  # per-recipient fields of a DSN (RFC 3464 2.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A message of any channel, normalised once. `fresh_text` is what the person wrote now."""

    inbox_id: str
    channel: ChannelKind
    source: str
    received_at: datetime
    raw_hash: str
    envelope: Envelope = field(default_factory=Envelope)
    headers: Headers = field(default_factory=Headers)
    sender: Handle | None = None  # From, normalised
    sender_name: str = ""
    several_authors: bool = False  # From names more than one address
    reply_to: Handle | None = None
    recipients: tuple[str, ...] = ()  # addr-specs of To, Cc, lower-cased
    subject: str = ""
    message_id: str | None = None  # with angle brackets
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    fresh_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    report: Report | None = None
    forwarded: bool = False
    defects: tuple[str, ...] = ()  # what was wrong with the bytes, in words
    raw: bytes = field(default=b"", repr=False)


class Fact(StrEnum):
    """What the rules can find; one file in `bot/rules/` each."""

    AUTO_SUBMITTED = "auto_submitted"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LIST_TRAFFIC = "list_traffic"
    LOOP = "loop"
    AUTHENTICATED = "authenticated"
    TOO_OFTEN = "too_often"
    ONE_CLICK = "one_click"
    ASKS_SILENCE = "asks_silence"
    NAMED_HANDLE = "named_handle"
    HELP_WORD = "help_word"


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A fact found, why, and what goes with it (no addresses in `reason`)."""

    fact: Fact
    reason: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """All facts; rules never decide."""

    hits: tuple[RuleHit, ...] = ()
    misses: tuple[Fact, ...] = ()

    def has(self, fact: Fact) -> bool:
        """Was it found?"""
        return self.get(fact) is not None

    def get(self, fact: Fact) -> RuleHit | None:
        """The hit, or None."""
        return next((hit for hit in self.hits if hit.fact is fact), None)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What rules may know beside the message; facts gathered by the pipeline so that rules stay pure."""

    own_addresses: frozenset[str] = frozenset()  # lower-cased addr-specs we answer for
    loop_key: str = ""  # value of our own X-Loop header
    authserv_ids: frozenset[str] = frozenset()  # whose Authentication-Results we trust (RFC 8601)
    recent_replies: int = 0  # messages we queued to this sender within the period
    reply_budget: int = 4
    verified: Mapping[str, str] = field(default_factory=dict)  # own DKIM/SPF/DMARC: method -> result, "domain"


class Assurance(StrEnum):
    """How sure we are who wrote, strongest first."""

    TOKEN = "token"  # our signed token came back  # noqa: S105 - a word, not a secret
    REPLY_CHAIN = "reply_chain"  # answers our Message-ID, and From matches
    AUTHENTICATED = "authenticated"  # DMARC-aligned pass, chat id
    CLAIMED = "claimed"  # a From that nobody vouches for
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who wrote, which parties that may be, and which open request it answers."""

    handle: Handle | None
    assurance: Assurance
    authenticated: bool  # DMARC-aligned, chat id or token
    party_ids: tuple[str, ...] = ()
    invitation_id: str | None = None  # the open request this message answers
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """A composed answer, before it becomes an outbox row. `payload` is RFC 5322 bytes with CRLF."""

    channel: ChannelKind
    recipient: Handle
    template: str
    language: str
    subject: str
    envelope_from: str
    message_id: str
    payload: bytes = field(repr=False)
