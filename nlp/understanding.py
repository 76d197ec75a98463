"""What `understand` takes and returns. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nlp.intents import Intent

ALL = "all"
STAFF = "staff"  # the method of an understanding that a person told


class Thread(StrEnum):
    """What the message answers."""

    NONE = "none"
    NEWSLETTER = "newsletter"
    RECONSENT = "reconsent"  # an open consent request: only here can a yes be a grant


class Flag(StrEnum):
    """Things a person must look at whatever the intents are."""

    LEGAL_THREAT = "legal_threat"  # a lawyer, an authority, a complaint
    PROMPT_INJECTION = "prompt_injection"
    OTHER_HANDLE = "other_handle"  # about another address, number or person
    SENSITIVE = "sensitive"  # a child, a bereavement


@dataclass(frozen=True, slots=True)
class Context:
    """What the reader knows before reading. `purposes` maps the operator's keys to synonyms in any language."""

    channel: str = "email"
    thread: Thread = Thread.NONE
    language_hint: str | None = None
    purposes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: where in the fresh text, and for what. Offsets in characters."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What is covered. `ALL` stands for everything. `granted_*` only for a partial yes."""

    channels: tuple[str, ...] = (ALL,)
    purposes: tuple[str, ...] = (ALL,)
    granted_channels: tuple[str, ...] = ()
    granted_purposes: tuple[str, ...] = ()
    explicit: bool = False  # False: nothing said, the widest reading applies


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the person wants.

    `confidence`: calibrated probability in [0, 1] that the whole action (intents and scope) is right.
    `abstained`: None, or the reason in words why a person should read it.
    `method`: "exact" (whole-message reply), "model", "staff" (a reviewer
    said so), or "none" (nothing to read).
    """

    intents: tuple[Intent, ...]
    confidence: float
    scores: Mapping[Intent, float]
    scope: Scope
    language: str
    evidence: tuple[Span, ...] = ()
    flags: tuple[Flag, ...] = ()
    abstained: str | None = None
    method: str = "model"
    model_version: str = ""
