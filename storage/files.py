"""Everything that the question "may this person be contacted?" needs, in few statements: one handle, or thousands.

One handle takes two statements, for the cost of a point read is mostly that of asking. Many take a few for each
kind of handle, with the lists as parameters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    String,
    Text,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)

from storage.keys import Keys
from storage.listed import Among, by_dialect, given
from storage.records import (
    Audited,
    Capacity,
    ChannelKind,
    ConsentState,
    ConsentStatus,
    File,
    Handle,
    HandleFacts,
    Party,
    Pile,
)
from storage.relations import RELATION_FIELDS, number, relation_of
from storage.schema import Moment, Words, audited, call_attempt, invalid_handle, projection, relation, suppression
from storage.schema import handle as handles
from storage.schema import party as parties
from storage.session import Session, Statement

_PARTY = ("id", "capacity", "organisation", "language", "country", "region", "time_zone")
STATE, AUDITED, SUPPRESSED, CALLED, INVALID = range(5)  # what a row of the second statement tells
NUMBERS = (ChannelKind.SMS, ChannelKind.PHONE)


def _part(part: int, owner: Any, purpose: Any, channel: Any, word: Any, at: Any, until: Any, count: Any,
          text: Any) -> Select[Any]:
    """A row of the second statement: the same columns and types whatever it tells."""
    return select(literal(part, Integer).label("part"), owner.label("owner"), purpose.label("purpose"),
                  channel.label("channel"), word.label("word"), at.label("at"), until.label("until"),
                  count.label("count"), text.label("text"))


_NONE, _ZERO, _NO_DATE = literal("", Text), literal(0, Integer), null()


def _states() -> Select[Any]:
    return _part(STATE, projection.c.party_id, projection.c.purpose, projection.c.channel, projection.c.status,
                 projection.c.since, projection.c.valid_until, projection.c.sequence, _NONE)


def _audited() -> Select[Any]:
    return _part(AUDITED, audited.c.party_id, audited.c.purpose, audited.c.channel, audited.c.pile, audited.c.at,
                 _NO_DATE, _ZERO, audited.c.reasons)


def _suppressed() -> Select[Any]:
    provisional = case((suppression.c.provisional, 1), else_=0)
    return _part(SUPPRESSED, suppression.c.digest, suppression.c.purpose, suppression.c.channel, suppression.c.reason,
                 suppression.c.at, _NO_DATE, provisional, _NONE)


def _called() -> Select[Any]:
    since = bindparam("since", type_=Moment())
    return _part(CALLED, call_attempt.c.digest, _NONE, _NONE, _NONE, call_attempt.c.at, _NO_DATE, _ZERO,
                 _NONE).where(call_attempt.c.at >= since)


def _invalid() -> Select[Any]:
    return _part(INVALID, invalid_handle.c.kind, _NONE, _NONE, _NONE, _NO_DATE, _NO_DATE, _ZERO,
                 invalid_handle.c.value)


_KIND, _ALSO = bindparam("kind", type_=String()), bindparam("also", type_=String())
_VALUE: BindParameter[str] = bindparam("value", type_=Words())
_HIS = (handles.c.kind.in_([_KIND, _ALSO]), handles.c.value == _VALUE)
_OWNERS = select(handles.c.party_id).where(*_HIS)
_DIGESTS = [bindparam("digest", type_=String()), bindparam("also_digest", type_=String())]
_FILES = (select(*(parties.c[name] for name in _PARTY), *(relation.c[name] for name in RELATION_FIELDS))
          .outerjoin(relation, relation.c.party_id == parties.c.id))
_ONE = Statement(_FILES.where(parties.c.id.in_(_OWNERS)).order_by(parties.c.capacity, parties.c.id))
_PARTS = (
    _states().where(projection.c.party_id.in_(_OWNERS)), _audited().where(audited.c.party_id.in_(_OWNERS)),
    _suppressed().where(suppression.c.digest.in_(_DIGESTS)),
    _invalid().where(invalid_handle.c.kind.in_([_KIND, _ALSO]), invalid_handle.c.value == _VALUE))
_ONE_TOLD = Statement(union_all(*_PARTS))
_ONE_TOLD_CALLS = Statement(union_all(*_PARTS, _called().where(call_attempt.c.digest == bindparam("number"))))


def _many_files(among: Among) -> Select[Any]:
    return (_FILES.add_columns(handles.c.kind, handles.c.value).join(handles, handles.c.party_id == parties.c.id)
            .where(handles.c.kind == _KIND, among(handles.c.value, "values"))
            .order_by(parties.c.capacity, parties.c.id))


_MANY = Statement(by_dialect(_many_files))
_MANY_STATES = Statement(by_dialect(lambda among: _states().where(among(projection.c.party_id, "parties"))))
_MANY_AUDITED = Statement(by_dialect(lambda among: _audited().where(among(audited.c.party_id, "parties"))))
_MANY_SUPPRESSED = Statement(by_dialect(lambda among: _suppressed().where(among(suppression.c.digest, "digests"))))
_MANY_CALLED = Statement(by_dialect(lambda among: _called().where(among(call_attempt.c.digest, "digests"))))
_MANY_INVALID = Statement(by_dialect(
    lambda among: _invalid().where(invalid_handle.c.kind == _KIND, among(invalid_handle.c.value, "values"))))
_BYTEWISE = {"sqlite": "BINARY", "postgresql": "C"}


def _after(dialect: str) -> Select[Any]:
    value = handles.c.value.collate(_BYTEWISE[dialect])
    return (select(value).distinct().where(handles.c.kind == _KIND, value > bindparam("after", type_=Text()))
            .order_by(value).limit(bindparam("most")))


_AFTER = Statement({dialect: _after(dialect) for dialect in _BYTEWISE})
_SUPPRESSED = Statement(select(func.count(suppression.c.digest.distinct())))
_ANY_AUDITED = Statement(select(literal(1)).where(exists(select(audited.c.party_id))))


def same(handle: Handle) -> tuple[Handle, ...]:
    """The handle, and for a telephone number the same number in the other kind: whom a no by SMS is from is clear."""
    if handle.kind not in NUMBERS:
        return (handle,)
    return tuple(Handle(kind, handle.value) for kind in NUMBERS)


class Gathered:
    """Rows of the second statement, sorted out."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        """By party, digest or handle."""
        self.states: defaultdict[str, list[ConsentState]] = defaultdict(list)
        self.audited: defaultdict[str, list[Audited]] = defaultdict(list)
        self.suppressions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.calls: defaultdict[str, list[datetime]] = defaultdict(list)
        self.invalid: set[tuple[str, str]] = set()
        for part, owner, purpose, channel, word, at, until, count, text in rows:
            if part == STATE:
                self.states[owner].append(ConsentState(owner, purpose, channel, _STATUS[word], at, count, until))
            elif part == SUPPRESSED:
                self.suppressions[owner].append({"channel": channel, "purpose": purpose, "provisional": bool(count),
                                                 "reason": word, "at": at})
            elif part == AUDITED:
                self.audited[owner].append(Audited(owner, purpose, channel, Pile(word), _reasons(text), at))
            elif part == CALLED:
                self.calls[owner].append(at)
            else:
                self.invalid.add((owner, text))

    def file(self, row: Sequence[Any]) -> File:
        """Of one row of the first statement."""
        party = Party(row[0], Capacity(row[1]), *row[2:7])
        states, judged = self.states.get(party.id), self.audited.get(party.id)
        return File(party, relation_of(row[7:16]), tuple(states) if states else (), tuple(judged) if judged else ())

    def facts(self, handle: Handle, files: Sequence[File], digests: Sequence[str], called: str) -> HandleFacts:
        """Of one handle."""
        entries = [entry for digest in digests for entry in self.suppressions.get(digest, ())]
        valid = not self.invalid or not any((each.kind, each.value) in self.invalid for each in same(handle))
        return HandleFacts(tuple(files), tuple(entries), tuple(self.calls.get(called, ())), valid)


_STATUS = {status.value: status for status in ConsentStatus}


def _reasons(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


class SqlFiles:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def of(self, handle: Handle, calls_since: datetime | None = None) -> HandleFacts:
        """What is kept of one handle; calls and attempts since then, none when they are not asked for."""
        twins = same(handle)
        digests = [self._keys.digest(each) for each in twins]
        values: dict[str, Any] = {"kind": twins[0].kind.value, "also": twins[-1].kind.value, "value": handle.value,
                                  "digest": digests[0], "also_digest": digests[-1]}
        found, called = self._s.all(_ONE, values), ""
        if calls_since is None:
            told = Gathered(self._s.all(_ONE_TOLD, values))
        else:
            called = self._keys.digest(number(handle))
            told = Gathered(self._s.all(_ONE_TOLD_CALLS, {**values, "number": called, "since": calls_since}))
        return told.facts(handle, [told.file(row) for row in found], digests, called)

    def of_many(self, asked: Sequence[Handle], calls_since: datetime | None = None) -> dict[Handle, HandleFacts]:
        """The same of each; the statements carry lists, so ask in chunks of some thousands."""
        wanted = set(asked)
        digests = {each: self._keys.digest(each) for handle in wanted for each in same(handle)}
        owners: defaultdict[tuple[str, str], dict[str, Sequence[Any]]] = defaultdict(dict)
        rows: list[Sequence[Any]] = []
        for kind in {each.kind for each in digests}:
            of_kind = {"kind": kind.value, "values": given(self._s, [each.value for each in digests
                                                                     if each.kind is kind])}
            for row in self._s.all(_MANY, of_kind):
                owners[row[-2], row[-1]][row[0]] = row
            rows += self._s.all(_MANY_INVALID, of_kind)
        rows += self._told([party for found in owners.values() for party in found], list(digests.values()))
        if calls_since is not None:
            numbers = given(self._s, [digests[number(handle)] for handle in wanted])
            rows += self._s.all(_MANY_CALLED, {"digests": numbers, "since": calls_since})
        return self._sorted_out(wanted, Gathered(rows), owners, digests)

    def handles(self, kinds: Sequence[ChannelKind], after: Handle | None, limit: int) -> Sequence[Handle]:
        """Handles on file of these kinds, each once, in order of kind and value (bytewise), after this one."""
        found: list[Handle] = []
        for kind in sorted(kinds):
            if after is not None and kind < after.kind:
                continue
            start = after.value if after is not None and kind == after.kind else ""
            values = {"kind": kind.value, "after": start, "most": limit - len(found)}
            found += [Handle(kind, row[0]) for row in self._s.all(_AFTER, values)]
            if len(found) == limit:
                break
        return found

    def suppressed(self) -> int:
        """How many handles have a no or a pause, on file or not."""
        row = self._s.first(_SUPPRESSED)
        return int(row[0]) if row else 0

    def _told(self, party_ids: Sequence[str], digests: Sequence[str]) -> list[Sequence[Any]]:
        who = {"parties": given(self._s, party_ids)}
        rows = self._s.all(_MANY_STATES, who)
        if self._s.first(_ANY_AUDITED) is not None:
            rows += self._s.all(_MANY_AUDITED, who)
        return rows + self._s.all(_MANY_SUPPRESSED, {"digests": given(self._s, digests)})

    def _sorted_out(self, wanted: Iterable[Handle], told: Gathered,
                    owners: defaultdict[tuple[str, str], dict[str, Sequence[Any]]],
                    digests: dict[Handle, str]) -> dict[Handle, HandleFacts]:
        answer = {}
        for handle in wanted:
            twins = same(handle)
            found: dict[str, Sequence[Any]] = {}
            for each in twins:
                found |= owners.get((each.kind.value, each.value), {})
            files = sorted((told.file(row) for row in found.values()), key=_capacity)
            answer[handle] = told.facts(handle, files, [digests[each] for each in twins],
                                        digests[number(handle)])
        return answer


def _capacity(file: File) -> tuple[str, str]:
    return file.party.capacity, file.party.id
