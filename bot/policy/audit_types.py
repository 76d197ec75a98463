"""What the audit is given of one claim, and what it says of it. Frozen, no I/O.

A claim is one (party, purpose, channel). Whatever is not known has the value that allows least.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.policy.permission_types import Operator, PurposeFacts
from storage.dossier_records import Said
from storage.records import Evidence, Party, Pile, Relation


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator declares. `silence`: how long a prospect may be kept without a sign (CNIL: three years), as an
    ISO 8601 duration; `ask_within`: how long after it one may still ask, once.

    `purposes`: the operator's keys, for files of which nothing is claimed. `phone_notices`: names or ids of the notices
    that make the five mentions of C. conso. R223-1.
    """

    operator: Operator = field(default_factory=Operator)
    purposes: tuple[str, ...] = ()
    phone_notices: frozenset[str] = frozenset()
    silence: str = "P3Y"
    ask_within: timedelta = timedelta(days=180)


@dataclass(slots=True)
class Claim:
    """One claim with the facts read off its dossier. `country` is never empty: unknown is the controller's.

    Not frozen, for millions are made: it is written once, and `lacks` when it is first asked for.
    """

    party: Party
    purpose: str
    channel: str
    at: datetime
    country: str
    facts: PurposeFacts
    terms: Terms
    evidence: Evidence | None = None  # what the file claims of exactly this purpose and channel
    wording: str | None = None  # the name of the notice shown; None when the words are not known
    relation: Relation | None = None
    yes: Said | None = None  # a yes of the person's own that we witnessed, that nothing has ended
    no: str = ""  # where a no is: "objected" (ledger, suppression) or "file-says-no"
    paused: bool = False
    contested: bool = False  # a rights request that may end it is open
    unreachable: bool = False  # every handle of the channel bounced, or it was invalidated
    nowhere: bool = False  # there is no handle for the channel
    expired: bool = False
    waiting: bool = False  # an invitation is open
    asked: bool = False  # an invitation ended unanswered after the last contact
    last_contact: datetime | None = None  # from the person; an open is none
    running: bool = False  # a contract is in progress
    silent: bool = True  # nothing came from the person for three years, or nobody knows when something came last
    long_silent: bool = True  # and the time in which one may still ask is over
    lacks: tuple[str, ...] | None = None  # what the evidence lacks, once `faults` has looked

    @property
    def given_at(self) -> datetime | None:
        """When consent was given, as far as it is known."""
        if self.yes is not None:
            return self.yes.since
        return self.evidence.collected_at if self.evidence is not None else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The pile of a claim. `reasons`: the row's code first, then what the evidence lacks, then what may be done."""

    pile: Pile
    reasons: tuple[str, ...]
