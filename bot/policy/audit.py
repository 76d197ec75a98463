"""The legacy audit: which of four piles a claim is in. A pure function over one table, readable aloud.

The first row whose condition holds decides; the order is the policy. Sources: law.md 2.3 (recital 171 GDPR; EDPB
05/2020 §§164-169), 1.3 (French telephone), 2.5 (decisions of the authorities). Three things shape the order: a no
counts before everything; a message that asks for consent is itself marketing, so without a basis in a channel nobody
is asked in that channel (ICO Honda and Flybe, 2017); and what is not known never makes a claim better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.policy.audit_proof import faults
from bot.policy.audit_types import Claim, Verdict
from bot.policy.books import EU
from bot.policy.expiry import YEAR, ends
from storage.records import Capacity, ChannelKind, Pile, Source

LONG_SILENT = "silent-too-long"
DECREE = datetime(2026, 8, 10, 22, tzinfo=UTC)  # 11 August 2026 in Paris: décret 2026-662 in force
WRITTEN = frozenset({ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.CHAT})
B2B_OPT_OUT = frozenset({"FR", "GB"})  # law.md 2.3; elsewhere a professional is asked first, too
EUROPE = EU | {"CH", "GB", "IS", "LI", "NO"}  # Directive 2002/58 13(2), and those who have the same


def _consumer(claim: Claim) -> bool:
    return claim.party.capacity is Capacity.CONSUMER


def _french_phone(claim: Claim) -> bool:
    return claim.channel == ChannelKind.PHONE and _consumer(claim) and claim.country == "FR"


def _bought(claim: Claim) -> bool:
    third = claim.relation is not None and claim.relation.source is Source.THIRD_PARTY
    return third and _consumer(claim) and claim.channel != ChannelKind.POST


def _proven(claim: Claim) -> bool:
    return claim.yes is not None or (not claim.expired and not faults(claim))


def _phone_proven(claim: Claim) -> bool:
    given = claim.given_at
    return (_proven(claim) and given is not None and DECREE <= given <= claim.at and not _phone_over(claim)
            and _phone_words(claim))


def _phone_over(claim: Claim) -> bool:
    """A year after it was given, whatever its own words say (C. conso. R223-1 I 3°)."""
    given = claim.given_at
    end = ends(given, None, YEAR, claim.terms.operator.switches) if given is not None else None
    return claim.expired or (end is not None and claim.at >= end)


def _phone_words(claim: Claim) -> bool:
    """The words shown make the five mentions, as the operator declares of the notice."""
    shown = claim.yes.notice if claim.yes is not None else claim.evidence.notice if claim.evidence else ""
    return bool({shown, claim.wording} & claim.terms.phone_notices)


def _soft_opt_in(claim: Claim) -> bool:
    """Everything that the existing customer's exception asks, documented (CPCE L34-5 al. 4; Dir. 2002/58 13(2))."""
    known = claim.relation
    if known is None or claim.country not in EUROPE or claim.channel not in WRITTEN:
        return False
    if claim.country == "IT" and claim.channel != ChannelKind.EMAIL:  # Codice Privacy 130(4): e-mail only
        return False
    collected = known.source is Source.PERSON and known.at_sale and known.refusal_offered
    return collected and _consumer(claim) and claim.facts.analogous and claim.facts.own


def _named_at_work(claim: Claim) -> bool:
    """A company's representative; without an organisation it may be a sole trader, whom the law protects more."""
    return claim.party.capacity is Capacity.PROFESSIONAL and bool(claim.party.organisation)


def _b2b_opt_out(claim: Claim) -> bool:
    return (_named_at_work(claim) and claim.country in B2B_OPT_OUT and claim.facts.related_to_profession
            and claim.channel in (ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.PHONE))


def _post(claim: Claim) -> bool:
    return claim.channel == ChannelKind.POST


def _basis(claim: Claim) -> bool:
    """Something that allowed writing to the person, so that one may ask once as the three years end."""
    if _french_phone(claim):
        return False
    return _proven(claim) or _soft_opt_in(claim) or _b2b_opt_out(claim) or _post(claim)


def _only_a_flag(claim: Claim) -> bool:
    held = claim.evidence
    return held is not None and held.claimed.valid and not (
        held.collected_at or held.proof or held.notice or held.method not in ("", "unknown"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `code` is the first reason; `advice` the last ones; `tells`: whether what the evidence lacks is told."""

    code: str
    pile: Pile
    holds: Callable[[Claim], bool]
    citation: str
    advice: tuple[str, ...] = ()
    tells: bool = False


ROWS: tuple[Row, ...] = (
    # a no, wherever it is, ends it
    Row("objected", Pile.SUPPRESS, lambda claim: claim.no == "objected", "GDPR 7(3), 21(3); CNIL, liste repoussoir"),
    Row("file-says-no", Pile.SUPPRESS, lambda claim: claim.no == "file-says-no", "GDPR 7(3), 21(3)"),
    Row("rights-request-open", Pile.SUPPRESS, lambda claim: claim.contested, "GDPR 17, 18(1), 21"),
    Row("paused", Pile.SUPPRESS, lambda claim: claim.paused, "a message of the person waits for a reviewer"),
    # nobody is reached there
    Row("bounced", Pile.DELETE, lambda claim: claim.unreachable, "GDPR 5(1)(d)"),
    Row("no-address", Pile.DELETE, lambda claim: claim.nowhere, "GDPR 5(1)(c)"),
    Row("bought", Pile.DELETE, _bought, "CNIL SAN-2024-003 Foriou, SAN-2025-001 Solocal: a supplier's promise is no "
        "proof"),
    # three years without a word from the person; an open is none (SAN-2020-003 Spartoo, SAN-2025-002 Caloga)
    Row(LONG_SILENT, Pile.DELETE, lambda claim: claim.long_silent, "CNIL délib. 2021-131; SAN-2020-003; SAN-2025-002"),
    Row("silent-asked", Pile.DELETE, lambda claim: claim.silent and claim.asked, "CNIL délib. 2021-131"),
    Row("silent-waiting", Pile.SUPPRESS, lambda claim: claim.silent and claim.waiting, "recital 32: silence is no"),
    Row("silent", Pile.ASK, lambda claim: claim.silent and _basis(claim), "CNIL délib. 2021-131",
        ("ask-once", "with-stop-link")),
    Row("silent-no-basis", Pile.DELETE, lambda claim: claim.silent, "CNIL délib. 2021-131; GDPR 5(1)(e)", tells=True),
    # the French telephone: a dated object of its own form
    Row("phone-contract", Pile.KEEP, lambda claim: _french_phone(claim) and claim.running and claim.facts.contract,
        "C. conso. L223-1 al. 4"),
    Row("phone-consent", Pile.KEEP, lambda claim: _french_phone(claim) and _phone_proven(claim),
        "C. conso. R223-1, R223-2"),
    Row("phone-before-decree", Pile.SUPPRESS,
        lambda claim: _french_phone(claim) and claim.given_at is not None and claim.given_at < DECREE,
        "décret 2026-662; no transition was found", ("ask-elsewhere",), tells=True),
    Row("phone-expired", Pile.SUPPRESS,
        lambda claim: _french_phone(claim) and claim.given_at is not None and _phone_over(claim),
        "C. conso. R223-1 I 3°", ("ask-elsewhere",)),
    Row("phone-form", Pile.SUPPRESS, _french_phone, "C. conso. R223-1 II", ("ask-elsewhere",), tells=True),
    # proved
    Row("witnessed", Pile.KEEP, lambda claim: claim.yes is not None, "GDPR 7(1): the act itself is in the ledger"),
    Row("proven", Pile.KEEP, _proven, "recital 171; EDPB 05/2020"),
    # asked already: silence is no
    Row("asked-waiting", Pile.SUPPRESS, lambda claim: claim.waiting, "recital 32"),
    Row("asked-silent", Pile.SUPPRESS, lambda claim: claim.asked, "recital 32: silence is no", ("ask-by-post",)),
    # a basis other than consent: one may ask there, with a way to stop
    Row("soft-opt-in", Pile.ASK, _soft_opt_in, "CPCE L34-5 al. 4; Dir. 2002/58 13(2)", ("with-stop-link",), tells=True),
    Row("b2b-opt-out", Pile.ASK, _b2b_opt_out, "CNIL 17 Feb 2005; PECR reg. 22", ("with-stop-link",), tells=True),
    Row("post-opt-out", Pile.ASK, _post, "GDPR 6(1)(f), 21(2); CNIL", ("with-stop-link",)),
    # no basis: nobody is asked there
    Row("b2b-opt-in", Pile.SUPPRESS, lambda claim: _named_at_work(claim) and claim.country not in B2B_OPT_OUT,
        "UWG §7(2) (DE, CH 3(1)(o)), TKG §174 (AT), Cod. Privacy 130 (IT), Tw 11.7 (NL)", ("ask-by-post",), tells=True),
    Row("b2b-unrelated", Pile.SUPPRESS, lambda claim: claim.party.capacity is Capacity.PROFESSIONAL,
        "CNIL SAN-2020-018 Nestor, SAN-2020-016 Performeclic", ("ask-by-post",), tells=True),
    Row("consent-expired", Pile.SUPPRESS, lambda claim: claim.expired, "dpv:ConsentExpired", ("ask-by-post",)),
    Row("flag-only", Pile.SUPPRESS, _only_a_flag, "ICO Honda, March 2017: no record is no permission",
        ("ask-by-post",), tells=True),
    Row("not-proven", Pile.SUPPRESS, lambda claim: claim.evidence is not None and claim.evidence.claimed.valid,
        "GDPR 7(1); CNIL SAN-2022-021 EDF; CJEU C-61/19 Orange Romania", ("ask-by-post",), tells=True),
    Row("nothing-known", Pile.SUPPRESS, lambda claim: True, "CPCE L34-5 al. 1; GDPR 6(1)", ("ask-by-post",)),
)


def judge(claim: Claim) -> Verdict:
    """The pile of one claim, with its reasons."""
    for row in ROWS:  # the last one holds always
        if row.holds(claim):
            break
    lacks = tuple(code for code in faults(claim) if code != row.code) if row.tells else ()
    over = (LONG_SILENT,) if claim.no and claim.long_silent else ()
    return Verdict(row.pile, (row.code, *lacks, *over, *row.advice))
