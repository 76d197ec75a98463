"""What `permission` is asked, what it is given and what it answers. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.records import Audited, ConsentState, Party, Relation


class Means(StrEnum):
    """How a person is reached, as the law tells apart: a channel, and for the telephone who or what calls."""

    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    PHONE = "phone"  # a live call
    AUTO_CALL = "auto_call"  # an automaton, a recorded or artificial voice
    POST = "post"

    @property
    def channel(self) -> str:
        """The consent's channel: both kinds of call are the phone."""
        return "phone" if self is Means.AUTO_CALL else self.value


class Basis(StrEnum):
    """What a permission rests on."""

    CONSENT = "consent"  # GDPR 6(1)(a)
    SOFT_OPT_OUT = "soft_opt_out"  # the existing customer's exception (Dir. 2002/58 13(2))
    OPT_OUT = "opt_out"  # legitimate interest, information and objection (GDPR 6(1)(f), 21)
    FREE = "free"  # no rule of direct marketing applies
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Operator:
    """The controller, as far as permission depends on it. `country`: ISO 3166-1."""

    country: str = "FR"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `purpose` is the operator's key and single, never `all`; `at` is the moment of the contact, UTC."""

    purpose: str
    means: Means
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """All that the store says of one file (a party in one capacity) that the question needs.

    `suppressions`: `Suppression.find` of the handle that would be contacted. `calls`: moments of calls and attempts to
    it, any order, 30 days back at least. `party` None: nobody on file. `zones`: IANA time zones the number allows.
    """

    party: Party | None
    states: Sequence[ConsentState] = ()
    suppressions: Sequence[Mapping[str, Any]] = ()
    relation: Relation | None = None
    calls: Sequence[datetime] = ()
    handle_valid: bool = True
    generic: bool = False  # a role address (info@): not a person's
    audited: Sequence[Audited] = ()
    zones: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer. `reason`: a code of `bot/policy/reasons.toml`, the same for everybody, without personal data."""

    allowed: bool
    basis: Basis
    reason: str
    regime: str  # id of the row used
    evidence: tuple[int, ...] = field(default=())  # sequences of the ledger entries it rests on
    until: datetime | None = None  # allowed: when it may end; refused: when asking again may give another answer
