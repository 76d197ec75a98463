"""What claimed evidence lacks to be proof of consent (GDPR 4(11), 7(1); EDPB 05/2020; law.md 2.1 and 2.2).

Each fault also holds when the thing is not known: what nobody knows never makes a claim better.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from bot.policy.audit_types import Claim
from storage.records import ALL, Evidence, Source

GDPR = datetime(2018, 5, 24, 22, tzinfo=UTC)  # 25 May 2018 in Paris
AFFIRMATIVE = frozenset({"box", "double_opt_in", "paper", "oral", "reply", "button", "signature"})
_LOG = re.compile(r"(?:ip|date|time|at|timestamp|utc)?[:=]?(?:[\d.:/TZ+-]+|[0-9a-f:]+:[0-9a-f:.]*)?", re.IGNORECASE)


def _evidence(claim: Claim) -> Evidence:
    if claim.evidence is None:
        raise LookupError("no fault but the first is looked for without evidence")
    return claim.evidence


def no_evidence(claim: Claim) -> bool:
    """Nothing claims a consent."""
    return claim.evidence is None or not claim.evidence.claimed.valid


def not_specific(claim: Claim) -> bool:
    """It claims every purpose or every channel at once."""
    return ALL in (claim.purpose, claim.channel)


def no_date(claim: Claim) -> bool:
    """When it was given is not known, or lies ahead."""
    given = _evidence(claim).collected_at
    return given is None or given > claim.at


def pre_gdpr(claim: Claim) -> bool:
    """It is older than the GDPR: it counts only when everything else is proved (recital 171)."""
    given = _evidence(claim).collected_at
    return given is not None and given < GDPR


def wording_unknown(claim: Claim) -> bool:
    """The words shown are not among the notices we hold."""
    return claim.wording is None


def pre_ticked(claim: Claim) -> bool:
    """A box that was ticked already (CJEU C-673/17 Planet49)."""
    return _evidence(claim).method == "pre_ticked"


def bundled(claim: Claim) -> bool:
    """Taken together with something else: a contract, the general terms (GDPR 7(2), (4))."""
    return _evidence(claim).method == "bundled"


def method_unknown(claim: Claim) -> bool:
    """How it was given is not known, or is no clear affirmative act."""
    return _evidence(claim).method not in AFFIRMATIVE and not pre_ticked(claim) and not bundled(claim)


def no_proof(claim: Claim) -> bool:
    """Where the proof lies is not said (GDPR 7(1))."""
    return not _evidence(claim).proof.strip()


def log_only(claim: Claim) -> bool:
    """All there is is an IP address and a time (Garante 330/2025)."""
    words = _evidence(claim).proof.replace(",", " ").replace(";", " ").split()
    return bool(words) and all(_LOG.fullmatch(word) for word in words)


def bought(claim: Claim) -> bool:
    """From a third party: its promise is no proof (CNIL SAN-2024-003, SAN-2025-001)."""
    return claim.relation is not None and claim.relation.source is Source.THIRD_PARTY


Fault = Callable[[Claim], bool]

FAULTS: tuple[tuple[str, Fault], ...] = (
    ("not-specific", not_specific),
    ("bought", bought),
    ("pre-ticked", pre_ticked),
    ("bundled", bundled),
    ("method-unknown", method_unknown),
    ("wording-unknown", wording_unknown),
    ("no-date", no_date),
    ("no-proof", no_proof),
    ("log-only", log_only),
)


def faults(claim: Claim) -> tuple[str, ...]:
    """Everything that the claim lacks; none when it is proof."""
    if claim.lacks is None:
        claim.lacks = _faults(claim)
    return claim.lacks


def _faults(claim: Claim) -> tuple[str, ...]:
    if no_evidence(claim):
        return ("no-evidence",)
    found = tuple([code for code, holds in FAULTS if holds(claim)])
    return (*found, "pre-gdpr") if found and pre_gdpr(claim) else found
