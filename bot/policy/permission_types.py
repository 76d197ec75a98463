"""What `permission` is asked, what it is given and what it answers. Frozen, no I/O.

Every fact that is not known has the value that allows least: nothing is allowed on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from storage.records import Audited, ConsentState, Party, Relation

if TYPE_CHECKING:
    from bot.policy.books import Book


class Means(StrEnum):
    """How a person is reached, as the law tells apart: a channel, and for the telephone who or what calls."""

    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    PHONE = "phone"  # a live call
    AUTO_CALL = "auto_call"  # an automaton, a recorded or artificial voice
    POST = "post"
    PUSH = "push"  # a notification of an app; no consent can be recorded for it yet, so it is refused

    __hash__ = str.__hash__  # the enumeration's own is a call in Python; this is looked up in every question

    @property
    def channel(self) -> str:
        """The consent's channel: both kinds of call are the phone."""
        return "phone" if self is Means.AUTO_CALL else self.value


class Addressee(StrEnum):
    """Whom the law sees behind a handle; finer than the capacity of a file."""

    CONSUMER = "consumer"
    PROFESSIONAL_NAMED = "professional_named"  # anna.martin@company
    PROFESSIONAL_GENERIC = "professional_generic"  # info@company
    SOLE_TRADER = "sole_trader"  # also every professional file without an organisation: the stricter reading

    __hash__ = str.__hash__


class Sector(StrEnum):
    """What the controller sells or does, where the law has rules of its own for it."""

    ENERGY_RENOVATION = "energy_renovation"  # and renewable energy
    HOME_ADAPTATION = "home_adaptation"  # to ageing or disability
    PRESS = "press"  # newspapers, periodicals, magazines
    CHARITY = "charity"
    CHARITY_LOTTERY = "charity_lottery"


class Basis(StrEnum):
    """What a permission rests on."""

    CONSENT = "consent"  # GDPR 6(1)(a)
    SOFT_OPT_OUT = "soft_opt_out"  # the existing customer's exception (Dir. 2002/58 13(2))
    OPT_OUT = "opt_out"  # legitimate interest, information and objection (GDPR 6(1)(f), 21)
    FREE = "free"  # no rule of direct marketing applies
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """What the operator declares of all that is sent for one purpose. Not declared: not so."""

    analogous: bool = False  # goods or services similar to what the customer bought
    own: bool = False  # of the same legal person that sold
    refusal_in_each: bool = False  # every message says how to refuse, simply and free of charge
    related_to_profession: bool = False
    non_commercial: bool = False
    contract: bool = False  # related to the object of the customer's contract
    call_back: bool = False  # only what the person asked about
    account: bool = False  # sent only to holders of an account
    published: bool = False  # sent only to addresses that their owner published for such messages
    legal_persons: bool = False  # sent only to companies and other legal persons
    reserved_prefix: bool = False  # calls show the prefix that the country reserves for commercial calls


@dataclass(frozen=True, slots=True)
class Switches:
    """Where the sources of the law conflict or are unsettled; the default is the strict reading."""

    year: Literal["365_days", "calendar"] = "365_days"
    account_without_purchase: Literal["consent", "customer"] = "consent"  # CNIL, or CJEU C-654/23 Inteligo
    home_adaptation_calls: Literal["2025-07-02", "2026-08-11"] = "2025-07-02"  # since when they are banned
    sms_hours: Literal["10-20", "8-20", "8-22"] = "10-20"  # operators' charters
    automata_to_sole_traders: Literal["consent", "opt_out"] = "consent"
    call_back: Literal["banned_sectors", "any_sector"] = "banned_sectors"  # whom R223-4 serves


@dataclass(frozen=True, slots=True)
class Override:
    """The operator reads one row otherwise; `reason` is shown by `regimes explain`. None: as in the row."""

    reason: str
    rule: str | None = None
    since: date | None = None
    until: date | None = None
    conditions: tuple[str, ...] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operator:
    """The controller, as far as permission depends on it. `books` is filled as questions come (`bot/policy/books.py`).

    `country`: ISO 3166-1, the controller's. `overrides`: by the row's id. `purposes`: by the operator's key.
    """

    country: str = "FR"
    sectors: frozenset[Sector] = frozenset()
    purposes: Mapping[str, PurposeFacts] = field(default_factory=dict)
    switches: Switches = Switches()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    books: dict[tuple[str, str, str], tuple[Book, ...]] = field(default_factory=dict, init=False, repr=False,
                                                               compare=False)


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
    it, any order, 30 days back at least. `party` None: nobody on file. `zones`: IANA time zones that the number allows
    (`hours.zones_of_number`). `registers`: opposition register -> when the handle was last looked up there and not
    found.
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
    registers: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer. `reason`: a code of `bot/policy/reasons.toml`, the same for everybody, without personal data."""

    allowed: bool
    basis: Basis
    reason: str
    regime: str  # id of the row used, with a star when the operator overrides it
    evidence: tuple[int, ...] = field(default=())  # sequences of the ledger entries it rests on
    until: datetime | None = None  # allowed: when it may end; refused: when asking again may give another answer
