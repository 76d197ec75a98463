"""A dossier read as claims: what each purpose and channel has for it and against it. Pure.

A no counts for everything it overlaps, `all` included; a yes only for exactly what it says. Dates that lie ahead are
mistakes of a file and count as unknown, but for the end of a contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.policy.audit_types import Claim, Terms
from bot.policy.calendar import shifted
from bot.policy.permission_types import PurposeFacts
from storage.dossier_records import Asking, Claimed, Dossier, Said
from storage.records import ALL, ChannelKind, ConsentStatus, Evidence

NOES = (ConsentStatus.WITHDRAWN, ConsentStatus.REFUSED, ConsentStatus.REVOKED)
ASKED = (ConsentStatus.REQUESTED, ConsentStatus.REQUEST_DEFERRED)
NUMBERS = frozenset({ChannelKind.SMS, ChannelKind.PHONE})  # a telephone number is one number
NOTHING = PurposeFacts()


def overlaps(said_purpose: str, said_channel: str, purpose: str, channel: str) -> bool:
    """Whether what was said of one scope is about a part of the other."""
    return (said_purpose == purpose or ALL in (said_purpose, purpose)) and (
        said_channel == channel or ALL in (said_channel, channel))


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing has come from a person, worked out once for all claims of a file."""

    contact: datetime | None
    running: bool
    silent: bool
    long: bool


def silence_of(dossier: Dossier, terms: Terms, at: datetime) -> Silence:
    """Three years without a sign, unless a contract is in progress; what nobody knows counts as silence."""
    contact, known = _last_contact(dossier, at), dossier.relation
    if known is not None and known.contract_until is not None and known.contract_until > at:
        return Silence(contact, True, False, False)
    if contact is None:
        return Silence(None, False, True, True)
    end = shifted(contact, terms.silence)
    return Silence(contact, False, at >= end, at >= end + terms.ask_within)


def claims(dossier: Dossier, terms: Terms, at: datetime) -> Iterator[Claim]:
    """Every (purpose, channel) that evidence or the ledger names; else every one that could be: the operator's purposes
    by the channels on file.
    """
    held: dict[tuple[str, str], Claimed | None] = {
        (each.evidence.purpose, each.evidence.channel): each for each in dossier.claimed}
    for each in dossier.said:
        held.setdefault((each.purpose, each.channel), None)
    if not held:
        kinds = sorted(dossier.reached | dossier.bounced)
        held = {(purpose, kind): None for purpose in terms.purposes or (ALL,) for kind in kinds}
    silence = silence_of(dossier, terms, at)
    for (purpose, channel), claimed in held.items():
        yield _claim(dossier, purpose, channel, claimed, silence, terms, at)


def _claim(dossier: Dossier, purpose: str, channel: str, held: Claimed | None, silence: Silence, terms: Terms,
           at: datetime) -> Claim:
    said = [each for each in dossier.said if overlaps(each.purpose, each.channel, purpose, channel)]
    exact = next((each for each in said if (each.purpose, each.channel) == (purpose, channel)), None) if said else None
    yes = _yes(exact, at)
    evidence = held.evidence if held is not None else None
    no = _no(dossier, said, yes, purpose, channel)
    waiting, asked = False, False
    if said or dossier.askings:
        waiting, asked = _askings(dossier.askings, said, purpose, channel, silence.contact, at)
    reached, bounced = _reach(dossier, channel)
    return Claim(
        dossier.party, purpose, channel, at, dossier.party.country or terms.operator.country,
        terms.operator.purposes.get(purpose, NOTHING), terms, evidence, _wording(dossier, held, yes), dossier.relation,
        yes if not no else None, no, _paused(dossier, purpose, channel), dossier.contested,
        bounced or _invalidated(said, evidence, yes), not reached and not bounced,
        _expired(said, exact, evidence, yes, at), waiting, asked, silence.contact, silence.running, silence.silent,
        silence.long)


def _reach(dossier: Dossier, channel: str) -> tuple[bool, bool]:
    """Whether a handle reaches the person by this channel; else whether every one bounced."""
    if channel in dossier.reached or channel in (ALL, ChannelKind.POST):
        return True, False
    kinds = NUMBERS if channel in NUMBERS else frozenset({channel})
    return not kinds.isdisjoint(dossier.reached), kinds.isdisjoint(dossier.reached) and not kinds.isdisjoint(
        dossier.bounced)


def _yes(exact: Said | None, at: datetime) -> Said | None:
    if exact is None or not exact.status.valid or not exact.witnessed or exact.since > at:
        return None
    return exact if exact.valid_until is None or at < exact.valid_until else None


def _no(dossier: Dossier, said: list[Said], yes: Said | None, purpose: str, channel: str) -> str:
    """Of a yes and a no the later counts; at the same moment, the no."""
    for each in said:
        if each.status in NOES and (yes is None or each.since >= yes.since or each.sequence > yes.sequence):
            return "objected"
    for stop in dossier.stops:
        if not stop.provisional and (yes is None or stop.at >= yes.since) and overlaps(
                stop.purpose, stop.channel, purpose, channel):
            return "objected"
    for held in dossier.claimed:
        told = held.evidence
        if told.claimed in NOES and overlaps(told.purpose, told.channel, purpose, channel) and (
                yes is None or (told.collected_at or held.imported_at) >= yes.since):
            return "file-says-no"
    return ""


def _paused(dossier: Dossier, purpose: str, channel: str) -> bool:
    return bool(dossier.stops) and any(
        stop.provisional and overlaps(stop.purpose, stop.channel, purpose, channel) for stop in dossier.stops)


def _wording(dossier: Dossier, held: Claimed | None, yes: Said | None) -> str | None:
    if yes is not None:
        return dossier.notices.get(yes.notice)
    return held.wording if held is not None else None


def _invalidated(said: list[Said], evidence: Evidence | None, yes: Said | None) -> bool:
    told = evidence is not None and evidence.claimed is ConsentStatus.INVALIDATED
    return yes is None and (told or any(each.status is ConsentStatus.INVALIDATED for each in said))


def _expired(said: list[Said], exact: Said | None, evidence: Evidence | None, yes: Said | None, at: datetime) -> bool:
    """A consent ended, by its own words or by the clock, and nothing given later is on file."""
    if yes is not None:
        return False
    ends = [each.since for each in said if each.status is ConsentStatus.EXPIRED]
    if exact is not None and exact.status.valid and exact.valid_until is not None and exact.valid_until <= at:
        ends.append(exact.valid_until)
    given = evidence.collected_at if evidence is not None else None
    if evidence is not None and evidence.claimed is ConsentStatus.EXPIRED:
        return True
    return bool(ends) and (given is None or given <= max(ends))


def _askings(askings: tuple[Asking, ...], said: list[Said], purpose: str, channel: str, contact: datetime | None,
             at: datetime) -> tuple[bool, bool]:
    """Whether an answer is awaited; whether we asked after the last contact and heard nothing."""
    about = [each for each in askings if not each.answered and each.sent_at <= at
             and any(overlaps(wanted, each.channel, purpose, channel) for wanted in each.purposes)]
    waiting = any(each.expires_at > at for each in about)
    silent = any(each.expires_at <= at and (contact is None or each.sent_at >= contact) for each in about)
    told = any(each.status is ConsentStatus.EXPIRED and each.before in ASKED
               and (contact is None or each.since >= contact) for each in said)
    return waiting or (not silent and any(each.status in ASKED for each in said)), silent or told


def _last_contact(dossier: Dossier, at: datetime) -> datetime | None:
    """The last sign from the person: being collected, a sale, a contract, a question, an answer. An open is none."""
    known = dossier.relation
    moments = [each.since for each in dossier.said if each.witnessed and each.status not in ASKED
               and each.status is not ConsentStatus.EXPIRED and each.status is not ConsentStatus.INVALIDATED]
    moments += [each.evidence.collected_at for each in dossier.claimed if each.evidence.collected_at is not None]
    if known is not None:
        moments += [each for each in (known.collected_at, known.last_sale_at, known.contract_until, known.asked_at,
                                      known.last_contact_at) if each is not None]
    return max((each for each in moments if each <= at), default=None)
