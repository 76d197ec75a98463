"""May this person be contacted for this purpose, by this means, at this moment? Pure; read `permission` first.

What the person said is in `consent.py`, the law's rows in `books.py`, their conditions in `conditions.py`, hours and
frequency in `hours.py`. Everything that is not known is read so that less is allowed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.policy import conditions
from bot.policy.books import Book, Way, book_for
from bot.policy.consent import Said, said
from bot.policy.expiry import ends
from bot.policy.hours import Schedule, free_from, next_open, open_until, person_zones, zone_known
from bot.policy.permission_types import Addressee, Asked, Basis, Known, Operator, Permission, PurposeFacts
from bot.policy.regime import STRICT, Regime
from storage.records import ALL, Capacity, ConsentState, Party, Pile

NO_FACTS = PurposeFacts()
_NOBODY = Permission(False, Basis.NONE, "nobody", STRICT.id)


def permission(known: Known, asked: Asked, operator: Operator) -> Permission:
    """The answer, with the reason and the row behind it. Raises TypeError when a moment is without zone."""
    party = known.party
    if party is None:
        return _NOBODY
    book = book_for(operator, party.country, asked.means, addressee(party, known.generic), asked.at)
    if not known.handle_valid:
        return _no("handle_invalid", book)
    facts = operator.purposes.get(asked.purpose, NO_FACTS)
    for row, name, lifts in book.bans:
        if not any(lift(known, asked, facts, _with_limits(row, book)) for lift in lifts):
            return Permission(False, Basis.NONE, "banned", name)
    heard = said(known.states, known.suppressions, asked.purpose, book.channel, book.all_purposes)
    answer = _by_consent(heard, known, asked, facts, book, operator)
    if not answer.allowed and not heard.objected:
        answer = _by_exception(answer, known, asked, facts, book)
    if not answer.allowed or not book.schedules:
        return answer
    return _in_hours(answer, known, party, asked, book)


def addressee(party: Party, generic: bool) -> Addressee:
    """Whom the law sees. A professional file without an organisation may be a sole trader's: the stricter reading."""
    if party.capacity is Capacity.CONSUMER:
        return Addressee.CONSUMER
    if generic:
        return Addressee.PROFESSIONAL_GENERIC
    return Addressee.PROFESSIONAL_NAMED if party.organisation else Addressee.SOLE_TRADER


def _no(reason: str, book: Book, evidence: tuple[int, ...] = ()) -> Permission:
    return Permission(False, Basis.NONE, reason, book.base_id, evidence)


def _with_limits(ban: Regime, book: Book) -> Regime:
    """A ban is lifted by a call back within the limits of the row that allows it, while there is one."""
    return next((way.row for way in book.ways if way.row.parameters.call_back_working_days), ban)


def _by_consent(heard: Said, known: Known, asked: Asked, facts: PurposeFacts, book: Book,
                operator: Operator) -> Permission:
    """Allowed by a yes that still counts, else why not. What the audit put aside is asked about or left alone."""
    yes, at = heard.yes, asked.at
    if known.audited:
        pile = _pile(known, asked, yes)
        if pile is not None:
            return _no(f"audit_{pile}", book, heard.evidence)
    if yes is None:
        return _no(heard.reason, book, heard.evidence)
    evidence = (yes.sequence,)
    limits = book.base.parameters
    if yes.since > at:
        return _no("proof_missing", book, evidence)
    end = yes.valid_until
    if limits.life_days is not None:
        end = ends(yes.since, end, limits.life_days, operator.switches)
    if end is not None and at >= end:
        return _no("consent_expired", book, evidence)
    if limits.form_from is not None and yes.since.date() < limits.form_from:
        return _no("consent_form", book, evidence)
    if book.silence is not None:
        silent = _silent_from(known, yes.since, book.silence)
        if at >= silent:
            return _no("silent_too_long", book, evidence)
        end = silent if end is None or silent < end else end
    for reason, holds in book.with_consent:
        if not holds(known, asked, facts, book.base):
            return _no(reason, book, evidence)
    if book.until is not None and (end is None or book.until < end):
        end = book.until
    return Permission(True, Basis.CONSENT, "consent", book.base_id, evidence, end)


def _pile(known: Known, asked: Asked, yes: ConsentState | None) -> Pile | None:
    """What the audit said last of this purpose and channel, unless a yes came after it; None when it may be kept."""
    about = [each for each in known.audited if each.purpose in (asked.purpose, ALL)
             and each.channel in (asked.means.channel, ALL) and (yes is None or each.at >= yes.since)]
    piles = [each.pile for each in about]
    return next((pile for pile in (Pile.SUPPRESS, Pile.DELETE, Pile.ASK) if pile in piles), None)


def _silent_from(known: Known, since: datetime, silence: timedelta) -> datetime:
    """When the person has been silent too long: counted from the yes or from a later contact by the person."""
    contact = known.relation.last_contact_at if known.relation else None
    return (contact if contact is not None and contact > since else since) + silence


def _by_exception(refused: Permission, known: Known, asked: Asked, facts: PurposeFacts, book: Book) -> Permission:
    """The first row that allows it without consent; else what the nearest one lacks, or why there is no consent."""
    if refused.reason in ("audit_suppress", "audit_delete"):
        return refused
    nearest: Permission | None = None
    for way in book.ways:
        if _about(way, known, facts):
            answer = _by_way(way, known, asked, facts, book)
            if answer.allowed:
                return answer
            nearest = nearest or answer
    return nearest if nearest is not None and refused.reason == "no_consent" else refused


def _about(way: Way, known: Known, facts: PurposeFacts) -> bool:
    for gate in way.gates:  # noqa: SIM110 - a generator costs more than the gates
        if not gate(known, facts):
            return False
    return True


def _by_way(way: Way, known: Known, asked: Asked, facts: PurposeFacts, book: Book) -> Permission:
    for reason, holds in way.checks:
        if not holds(known, asked, facts, way.row):
            return Permission(False, Basis.NONE, reason, way.id)
    ending = book.until
    if way.silence is not None:
        silent = _silent(way.silence, known)
        if silent is None or asked.at >= silent:
            return Permission(False, Basis.NONE, "silent_too_long", way.id)
        ending = silent if ending is None or silent < ending else ending
    if way.rests:
        ending = min((end for end in (ending, _limit_ends(way, known)) if end is not None), default=None)
    return Permission(True, way.basis, way.reason, way.id, (), ending)


def _silent(silence: timedelta, known: Known) -> datetime | None:
    """When the person has been silent too long, counted from the last sign; None without a date to count from."""
    relation = known.relation
    if relation is None:
        return None
    last = relation.last_contact_at
    for moment in (relation.last_sale_at, relation.collected_at):
        if moment is not None and (last is None or moment > last):
            last = moment
    return None if last is None else last + silence


def _limit_ends(way: Way, known: Known) -> datetime | None:
    """When what the row rests on ends: the contract, the time for a call back, the life of a sale or an enquiry."""
    relation, limits = known.relation, way.row.parameters
    found = [_register_ends(way, known)]
    if relation is not None:
        if "contract_running" in way.row.conditions:
            found.append(relation.contract_until)
        if relation.asked_at is not None and limits.call_back_working_days is not None:
            found.append(conditions.call_back_ends(known, relation.asked_at, limits.call_back_working_days))
        if relation.asked_at is not None and limits.asked_within_days is not None:
            found.append(relation.asked_at + timedelta(days=limits.asked_within_days))
        if relation.last_sale_at is not None and limits.sale_within_days is not None:
            found.append(relation.last_sale_at + timedelta(days=limits.sale_within_days))
    return min((end for end in found if end is not None), default=None)


def _register_ends(way: Way, known: Known) -> datetime | None:
    looked, days = known.registers.get(way.row.parameters.register or ""), way.row.parameters.register_days
    return looked + timedelta(days=days) if looked is not None and days is not None else None


def _in_hours(answer: Permission, known: Known, party: Party, asked: Asked, book: Book) -> Permission:
    """Hours and frequency, whatever the basis; refused: until when."""
    zones, at, until = person_zones(party, known.zones), asked.at, answer.until
    for schedule in book.schedules:
        closes = open_until(schedule, zones, party.region, at)
        if closes is None and not zone_known(zones):
            return Permission(False, Basis.NONE, "zone_unknown", schedule.id, answer.evidence)
        free = free_from(schedule, zones, known.calls, at) if known.calls else at
        if free > at or closes is None:
            return Permission(False, Basis.NONE, "frequency" if free > at else "hours", schedule.id, answer.evidence,
                              _next(schedule, zones, party.region, free, answer.until))
        until = closes if until is None or closes < until else until
    return Permission(True, answer.basis, answer.reason, answer.regime, answer.evidence, until)


def _next(schedule: Schedule, zones: tuple[str, ...], region: str | None, after: datetime,
          end: datetime | None) -> datetime | None:
    """The next allowed moment, unless the permission itself ends before."""
    moment = next_open(schedule, zones, region, after)
    return None if moment is None or (end is not None and moment >= end) else moment
