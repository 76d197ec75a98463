"""Questions to the store: may this person be contacted? Gathers what `permission` judges, for one question or many.

One handle may have two files, a person's and a company representative's: without a capacity in the question both must
allow, and the answer says which file decided. A party may have several handles of a kind: what was said by any of them
counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.policy.hours import zones_of_number
from bot.policy.permission import permission
from bot.policy.permission_types import Asked, Known, Means, Operator, Permission
from storage.records import Capacity, ChannelKind, File, Handle, HandleFacts
from storage.unit_of_work import UnitOfWork

CHUNK = 2000  # handles whose facts are read at once
CALLS_COUNT = timedelta(days=31)  # how long a call or an attempt can count (D223-9: thirty days), and a day for zones
CALLS = (Means.PHONE, Means.AUTO_CALL)
_NUMBER = (ChannelKind.PHONE, ChannelKind.SMS)
REACHED = {Means.SMS: _NUMBER, Means.PHONE: _NUMBER, Means.AUTO_CALL: _NUMBER}
ROLES = frozenset((
    "abuse", "accounting", "accueil", "achats", "admin", "administration", "bonjour", "commercial", "compta",
    "comptabilite", "contact", "direction", "einkauf", "gestion", "hello", "help", "helpdesk", "hostmaster", "hr",
    "info", "information", "jobs", "kontakt", "mail", "marketing", "office", "postmaster", "press", "presse", "rh",
    "sales", "secretariat", "security", "service", "services", "support", "team", "ventes", "vertrieb", "webmaster"))


@dataclass(frozen=True, slots=True)
class Question:
    """`who`: a handle, or the id of a party. `capacity`: of which file; None: all of the handle's files must allow."""

    who: Handle | str
    asked: Asked
    capacity: Capacity | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The permission and the file that decided: the first that refuses, else the first. No file: nobody is known."""

    permission: Permission
    party_id: str | None = None
    capacity: Capacity | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the store says of who is asked about."""

    files: tuple[File, ...]
    facts: HandleFacts
    generic: bool
    numbers: tuple[str, ...]


_KINDS = {means: REACHED.get(means) or tuple(kind for kind in ChannelKind if kind == means.value) for means in Means}


def kinds(means: Means) -> tuple[ChannelKind, ...]:
    """The kinds of handle by which this means reaches somebody; none where no handle can be kept for it."""
    return _KINDS[means]


def permission_of(question: Question, uow: UnitOfWork, operator: Operator) -> Answer:
    """One question, from what `uow` reads. Raises ValueError when the means cannot reach such a handle."""
    since = _since((question,))
    if isinstance(question.who, Handle):
        return _judge(question, _of_handle(question.who, uow.files.of(question.who, since)), operator)
    reached = _reached(uow.parties.handles(question.who), question.asked.means)
    found = {handle: uow.files.of(handle, since) for handle in reached}
    return _judge(question, _of_party(question.who, found, uow), operator)


def permissions_of(questions: Sequence[Question], uow: UnitOfWork, operator: Operator) -> list[Answer]:
    """Many questions, in the order asked, all from one snapshot; the facts are read in chunks."""
    answers: list[Answer] = []
    for start in range(0, len(questions), CHUNK):
        part = questions[start:start + CHUNK]
        told = _gathered(part, uow)
        answers += [_judge(each, told[_key(each)], operator) for each in part]
    return answers


def _key(question: Question) -> str:
    """Who is asked about; of a party, by which means. Cheaper to hash than the records."""
    who = question.who
    return who.kind + ":" + who.value if isinstance(who, Handle) else question.asked.means + "/" + who


def _gathered(part: Sequence[Question], uow: UnitOfWork) -> dict[str, _Facts]:
    """What the store says of everybody asked about, by `_key`."""
    since, handles, party_means = _since(part), {}, {}
    for each in part:
        if isinstance(each.who, Handle):
            handles[_key(each)] = each.who
        else:
            party_means[_key(each)] = (each.who, each.asked.means)
    told = {key: _of_handle(handle, facts) for (key, handle), facts in
            zip(handles.items(), uow.files.of_many(list(handles.values()), since), strict=True)}
    if party_means:
        told |= _parties(party_means, since, uow)
    return told


def _parties(wanted: Mapping[str, tuple[str, Means]], since: datetime | None, uow: UnitOfWork) -> dict[str, _Facts]:
    known = uow.changes.handles(list({party_id for party_id, _ in wanted.values()}))
    handles = list({handle for found in known.values() for handle in found})
    facts = dict(zip(handles, uow.files.of_many(handles, since), strict=True))
    return {key: _of_party(party_id, {each: facts[each] for each in _reached(known.get(party_id, ()), means)}, uow)
            for key, (party_id, means) in wanted.items()}


def _since(questions: Iterable[Question]) -> datetime | None:
    """From when calls count; None when nobody is to be called."""
    moments = [each.asked.at for each in questions if each.asked.means in CALLS]
    return min(moments) - CALLS_COUNT if moments else None


def _reached(handles: Iterable[Handle], means: Means) -> list[Handle]:
    wanted = kinds(means)
    return [handle for handle in handles if handle.kind in wanted]


def generic(handle: Handle) -> bool:
    """A role address (RFC 2142 and its like): nobody's own. It only counts for a professional's file."""
    return handle.kind is ChannelKind.EMAIL and handle.value.partition("@")[0] in ROLES


def _of_handle(handle: Handle, facts: HandleFacts) -> _Facts:
    numbers = (handle.value,) if handle.kind in _NUMBER else ()
    return _Facts(facts.files, facts, generic(handle), numbers)


def _of_party(party_id: str, found: Mapping[Handle, HandleFacts], uow: UnitOfWork) -> _Facts:
    """All that was said by any handle counts; without one that can be reached, nothing is allowed."""
    files = [file for facts in found.values() for file in facts.files if file.party.id == party_id][:1]
    if not files:
        party = uow.parties.get(party_id)
        files = [File(party)] if party is not None else []
    facts = HandleFacts(tuple(files), tuple(entry for each in found.values() for entry in each.suppressions),
                        tuple(call for each in found.values() for call in each.calls),
                        any(each.valid for each in found.values()))
    numbers = tuple({handle.value for handle in found if handle.kind in _NUMBER})
    return _Facts(facts.files, facts, all(map(generic, found)) and bool(found), numbers)


def _judge(question: Question, told: _Facts, operator: Operator) -> Answer:
    """All files of the question must allow; the first refusal, else the first yes until the earliest end."""
    asked, capacity = question.asked, question.capacity
    if isinstance(question.who, Handle) and question.who.kind not in kinds(asked.means):
        raise ValueError(f"{asked.means} cannot reach a handle of the kind {question.who.kind}")
    files = told.files
    if capacity is not None:
        files = tuple(file for file in files if file.party.capacity is capacity)
    if not files:
        return Answer(permission(_known(None, told, asked), asked, operator), None, capacity)
    first: Answer | None = None
    for file in files:
        judged = permission(_known(file, told, asked), asked, operator)
        answer = Answer(judged, file.party.id, file.party.capacity)
        if not judged.allowed:
            return answer
        first = answer if first is None else _both(first, judged)
    assert first is not None  # noqa: S101 - there is a file
    return first


def _both(first: Answer, other: Permission) -> Answer:
    ends = [end for end in (first.permission.until, other.until) if end is not None]
    return replace(first, permission=replace(first.permission, until=min(ends, default=None)))


def _known(file: File | None, told: _Facts, asked: Asked) -> Known:
    facts = told.facts
    if file is None:
        return Known(None, (), facts.suppressions, None, facts.calls, facts.valid)
    zones: tuple[str, ...] = ()
    if asked.means in CALLS and not file.party.time_zone:
        zones = tuple({zone: None for number in told.numbers for zone in zones_of_number(number)})
    return Known(file.party, file.states, facts.suppressions, file.relation, facts.calls, facts.valid, told.generic,
                 file.audited, zones)
