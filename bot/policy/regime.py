"""One row of the law, typed. No I/O; `load.py` reads them, `books.py` puts together those that are in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from bot.policy.permission_types import Addressee, Means, Sector


class Rule(StrEnum):
    """What a row says."""

    OPT_IN = "opt_in"  # prior consent
    SOFT_OPT_OUT = "soft_opt_out"  # the existing customer's exception
    OPT_OUT = "opt_out"  # legitimate interest, information, objection
    REGISTER = "register"  # allowed when an opposition register does not list the number
    BANNED = "banned"  # even with consent
    FREE = "free"  # no consent needed
    SCHEDULE = "schedule"  # hours and frequency, whatever the basis


class Customer(StrEnum):
    """Which relation with the person a row is about."""

    ANY = "any"
    NO = "no"
    YES = "yes"  # bought something
    ACCOUNT = "account"  # holds an account and bought nothing
    CONTRACT = "contract"  # a contract is in progress
    ASKED = "asked"  # asked for information or a call


class Matter(StrEnum):
    """Which matter of the message a row is about."""

    ANY = "any"
    RELATED = "related"  # to the addressee's profession or function
    UNRELATED = "unrelated"
    NON_COMMERCIAL = "non_commercial"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Numbers of a row. Days are calendar days unless their name says otherwise; None: the row sets no limit."""

    life_days: int | None = None  # the longest life of a consent
    form_from: date | None = None  # a consent collected before lacks the form that is required now
    silence_days: int | None = None  # without a contact from the person, after which nothing is sent
    proof_years: int | None = None  # how long the proof of a consent is kept
    sale_within_days: int | None = None
    asked_within_days: int | None = None
    call_back_working_days: int | None = None  # jours ouvrables (R223-4)
    collected_from: date | None = None  # the exception serves only addresses collected since
    register: str | None = None  # the name of the opposition register
    register_days: int | None = None  # how long a look-up in it serves
    revoke_all: bool = False  # a no to one purpose of calls and texts is a no to all
    weekdays: frozenset[int] = frozenset()  # of a schedule; Monday is 0
    windows: tuple[tuple[time, time], ...] = ()  # local times, end exclusive
    holidays: bool = False  # closed on public holidays
    max_attempts: int | None = None
    within_days: int | None = None  # rolling


@dataclass(frozen=True, slots=True)
class Regime:
    """One row with its citation; the id is stored with each decision because law changes.

    `since` inclusive, `until` exclusive, local dates of the country. `sectors`: the row is only about them; empty: all.
    `conditions`: all must hold for what the row allows without consent. `with_consent`: all must hold beside a consent.
    `unless`: any of them lifts a ban. `confidence`: S (text read), S2 (secondary), G+, G, G- (general knowledge, to be
    checked), D (our own stricter reading).
    """

    id: str
    country: str
    means: tuple[Means, ...]
    addressees: tuple[Addressee, ...]
    rule: Rule
    citation: str
    confidence: str
    since: date = date.min
    until: date | None = None
    customer: Customer = Customer.ANY
    matter: Matter = Matter.ANY
    sectors: frozenset[Sector] = frozenset()
    conditions: tuple[str, ...] = ()
    with_consent: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    parameters: Parameters = Parameters()
    note: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the row holds on this local date."""
        return self.since <= on and (self.until is None or on < self.until)

    @property
    def doubtful(self) -> bool:
        """To be checked before relying on it."""
        return self.confidence in ("G", "G-")


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing that the person must have been told for the consent to count."""

    code: str
    article: str
    words: Mapping[str, str] = field(default_factory=dict)  # language -> words


@dataclass(frozen=True, slots=True)
class Form:
    """What a consent must look like (C. conso. R223-1 to R223-3 for the French telephone)."""

    id: str
    country: str
    means: Means
    since: date
    citation: str
    confidence: str
    mentions: tuple[Mention, ...]
    rules: tuple[Mention, ...]  # what else holds for such a consent: renewal, archive, copy, withdrawal

    def missing(self, given: frozenset[str]) -> tuple[str, ...]:
        """Codes of the mentions that were not made; one is enough for the consent to be none (R223-1 II)."""
        return tuple(mention.code for mention in self.mentions if mention.code not in given)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Within which time the law wants a no carried out. One of the limits is given; the product does it at once."""

    id: str
    country: str  # "" for all
    means: tuple[Means, ...]
    citation: str
    confidence: str
    since: date = date.min
    at_once: bool = False
    hours: int | None = None
    business_days: int | None = None
    confirm_minutes: int | None = None  # one confirmation is presumed covered within these
    note: str = ""


STRICT = Regime("strict-opt-in", "", tuple(Means), tuple(Addressee), Rule.OPT_IN,
                "no row is known: GDPR 6(1)(a), 7", "D")
"""For an unknown country or a hole in the tables: nobody is contacted without a yes."""
