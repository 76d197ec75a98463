"""Everything that the question "may this person be contacted?" needs, in few statements: one handle, or thousands.

One handle takes two statements, for the cost of a point read is mostly that of asking. Many take a few for each
kind of handle, with the lists as parameters. Values come as the driver gives them and are converted here, where they
are not NULL: this is read more often than anything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    String,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import NullType

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
    Relation,
    Source,
)
from storage.relations import RELATION_FIELDS
from storage.schema import Moment, Words, audited, call_attempt, invalid_handle, projection, relation, suppression
from storage.schema import handle as handles
from storage.schema import party as parties
from storage.session import Session, Statement

NUMBERS = (ChannelKind.SMS, ChannelKind.PHONE)
STATE, AUDITED, SUPPRESSED, CALLED, INVALID = range(5)  # what a row of the second statement tells
_CAPACITY = {capacity.value: capacity for capacity in Capacity}
_STATUS = {status.value: status for status in ConsentStatus}
_SOURCE = {source.value: source for source in Source}
_PARTY = ("id", "capacity", "organisation", "language", "country", "region", "time_zone")
_KIND = bindparam("kind", type_=String())
_VALUE: BindParameter[str] = bindparam("value", type_=Words())


def _raw(column: Any) -> Any:
    """The column as the driver gives it."""
    return type_coerce(column, NullType())


_FILES = (select(*(parties.c[name] for name in _PARTY), *(_raw(relation.c[name]) for name in RELATION_FIELDS),
                 handles.c.value)
          .select_from(handles.join(parties, parties.c.id == handles.c.party_id)
                       .outerjoin(relation, relation.c.party_id == parties.c.id)).where(handles.c.kind == _KIND))


def _part(part: int, owner: Any, purpose: Any, channel: Any, word: Any, at: Any, until: Any, count: Any,
          text: Any) -> Select[Any]:
    """A row of the second statement: the same columns and types whatever it tells."""
    return select(literal_column(str(part), Integer), owner, purpose, channel, word, _raw(at), _raw(until), count, text)


_NONE, _ZERO, _NO_DATE = literal_column("''", Text), literal_column("0", Integer), null()  # spare the parameters
_STATES = _part(STATE, projection.c.party_id, projection.c.purpose, projection.c.channel, projection.c.status,
                projection.c.since, projection.c.valid_until, projection.c.sequence, _NONE)
_AUDITED = _part(AUDITED, audited.c.party_id, audited.c.purpose, audited.c.channel, audited.c.pile, audited.c.at,
                 _NO_DATE, _ZERO, audited.c.reasons)
_SUPPRESSED = _part(SUPPRESSED, suppression.c.digest, suppression.c.purpose, suppression.c.channel,
                    suppression.c.reason, suppression.c.at, _NO_DATE, cast(suppression.c.provisional, Integer), _NONE)
_CALLED = _part(CALLED, call_attempt.c.digest, _NONE, _NONE, _NONE, call_attempt.c.at, _NO_DATE, _ZERO, _NONE).where(
    call_attempt.c.at >= bindparam("since", type_=Moment()))
_INVALID = _part(INVALID, invalid_handle.c.kind, _NONE, _NONE, _NONE, _NO_DATE, _NO_DATE, _ZERO,
                 invalid_handle.c.value).where(invalid_handle.c.kind == _KIND)


def _his(rows: Select[Any], owner: Any) -> Select[Any]:
    return rows.join(handles, handles.c.party_id == owner).where(handles.c.kind == _KIND, handles.c.value == _VALUE)


_ONE = Statement(_FILES.where(handles.c.value == _VALUE))
_ONE_TOLD = Statement(union_all(
    _his(_STATES, projection.c.party_id), _his(_AUDITED, audited.c.party_id),
    _SUPPRESSED.where(suppression.c.digest == bindparam("digest")), _INVALID.where(invalid_handle.c.value == _VALUE)))


def _among(rows: Select[Any], column: Any, name: str) -> Statement:
    def build(among: Among) -> Select[Any]:
        return rows.where(among(column, name))
    return Statement(by_dialect(build))


_MANY = _among(_FILES, handles.c.value, "values")
_MANY_STATES = _among(_STATES, projection.c.party_id, "parties")
_MANY_AUDITED = _among(_AUDITED, audited.c.party_id, "parties")
_MANY_SUPPRESSED = _among(_SUPPRESSED, suppression.c.digest, "digests")
_MANY_CALLED = _among(_CALLED, call_attempt.c.digest, "digests")
_MANY_INVALID = _among(_INVALID, invalid_handle.c.value, "values")
_ANY_AUDITED = Statement(select(literal_column("1")).where(exists(select(audited.c.party_id))))
_BYTEWISE = {"sqlite": "BINARY", "postgresql": "C"}


def _after(dialect: str) -> Select[Any]:
    value = handles.c.value.collate(_BYTEWISE[dialect])
    return (select(value).distinct().where(handles.c.kind == _KIND, value > bindparam("after", type_=Text()))
            .order_by(value).limit(bindparam("most")))


_AFTER = Statement({dialect: _after(dialect) for dialect in _BYTEWISE})
_NUMBER_SUPPRESSED = Statement(select(func.count(suppression.c.digest.distinct())))


def same(handle: Handle) -> tuple[Handle, ...]:
    """The handle, and for a telephone number the same number in the other kind: whom a no by SMS is from is clear."""
    return tuple(Handle(kind, handle.value) for kind in NUMBERS) if handle.kind in NUMBERS else (handle,)


def _moment(value: Any) -> datetime | None:
    """SQLite keeps text without a zone, UTC; PostgreSQL gives an aware datetime in the session's zone."""
    if value is None:
        return None
    return datetime.fromisoformat(value + "+00:00") if isinstance(value, str) else value.astimezone(UTC)


def _relation(row: Sequence[Any]) -> Relation | None:
    """The record; None for the empty half of the outer join."""
    owner, source, collected, at_sale, offered, sale, contract, asked, contact = row
    if owner is None:
        return None
    return Relation(owner, _SOURCE[source], _moment(collected), bool(at_sale), bool(offered), _moment(sale),
                    _moment(contract), _moment(asked), _moment(contact))


class _Told:
    """Rows of the second statement, sorted out: by party, by digest, by handle."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.states: defaultdict[str, list[ConsentState]] = defaultdict(list)
        self.audited: defaultdict[str, list[Audited]] = defaultdict(list)
        self.suppressions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.calls: defaultdict[str, list[datetime]] = defaultdict(list)
        self.invalid: set[str] = set()
        for part, owner, purpose, channel, word, raw, until, count, text in rows:
            at: Any = _moment(raw)
            if part == STATE:
                self.states[owner].append(
                    ConsentState(owner, purpose, channel, _STATUS[word], at, count, _moment(until)))
            elif part == SUPPRESSED:
                self.suppressions[owner].append({"channel": channel, "purpose": purpose, "provisional": bool(count),
                                                 "reason": word, "at": at})
            elif part == AUDITED:
                reasons = tuple(text.replace(",", " ").split())
                self.audited[owner].append(Audited(owner, purpose, channel, Pile(word), reasons, at))
            elif part == CALLED:
                self.calls[owner].append(at)
            else:
                self.invalid.add(owner + ":" + text)

    def file(self, row: Sequence[Any]) -> File:
        """Of one row of the first statement."""
        name = row[0]
        party = Party(name, _CAPACITY[row[1]], row[2], row[3], row[4], row[5], row[6])
        states, judged = self.states.get(name), self.audited.get(name)
        return File(party, _relation(row[7:16]) if row[7] is not None else None, tuple(states) if states else (),
                    tuple(judged) if judged else ())

    def facts(self, files: Sequence[File], digests: Sequence[str], names: Sequence[str]) -> HandleFacts:
        """Of one handle and its twin; the digest of the number as one calls it is the last."""
        entries = tuple(entry for digest in digests for entry in self.suppressions.get(digest, ()))
        valid = not self.invalid or self.invalid.isdisjoint(names)
        return HandleFacts(tuple(files), entries, tuple(self.calls.get(digests[-1], ())), valid)


class SqlFiles:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def of(self, handle: Handle, calls_since: datetime | None = None) -> HandleFacts:
        """What is kept of one handle; calls and attempts since then, none when they are not asked for."""
        if handle.kind in NUMBERS:
            return self.of_many((handle,), calls_since)[0]
        digest = self._keys.digest(handle)
        values: dict[str, Any] = {"kind": str(handle.kind), "value": handle.value, "digest": digest}
        found = self._s.all(_ONE, values)
        told = _Told(self._s.all(_ONE_TOLD, values))
        return told.facts(_files(told, found), (digest,), (handle.kind + ":" + handle.value,))

    def of_many(self, asked: Sequence[Handle], calls_since: datetime | None = None) -> Sequence[HandleFacts]:
        """The same of each, in the order asked; the statements carry lists, so ask in chunks of some thousands."""
        twins = [same(handle) for handle in asked]
        digests = [[self._keys.digest(each) for each in pair] for pair in twins]
        names = [[each.kind + ":" + each.value for each in pair] for pair in twins]
        values: defaultdict[str, list[str]] = defaultdict(list)
        for pair in twins:
            for each in pair:
                values[str(each.kind)].append(each.value)
        owners: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
        rows = self._by_kind(values, owners)
        rows += self._told(list({row[0] for found in owners.values() for row in found}),
                           [digest for pair in digests for digest in pair])
        if calls_since is not None:
            numbers = given(self._s, [pair[-1] for pair in digests])
            rows += self._s.all(_MANY_CALLED, {"digests": numbers, "since": calls_since})
        told = _Told(rows)
        return [told.facts(_files(told, [row for each in name for row in owners.get(each, ())]), digest, name)
                for digest, name in zip(digests, names, strict=True)]

    def _by_kind(self, values: dict[str, list[str]],
                 owners: defaultdict[str, list[Sequence[Any]]]) -> list[Sequence[Any]]:
        """Fill `owners`, rows of the first statement by handle; the rows that tell of invalid handles."""
        rows: list[Sequence[Any]] = []
        for kind, wanted in values.items():
            of_kind = {"kind": kind, "values": given(self._s, wanted)}
            for row in self._s.all(_MANY, of_kind):
                owners[kind + ":" + row[-1]].append(row)
            rows += self._s.all(_MANY_INVALID, of_kind)
        return rows

    def _told(self, party_ids: Sequence[str], digests: Sequence[str]) -> list[Sequence[Any]]:
        who = {"parties": given(self._s, party_ids)}
        rows = self._s.all(_MANY_STATES, who)
        if self._s.first(_ANY_AUDITED) is not None:
            rows += self._s.all(_MANY_AUDITED, who)
        return rows + self._s.all(_MANY_SUPPRESSED, {"digests": given(self._s, digests)})

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
        row = self._s.first(_NUMBER_SUPPRESSED)
        return int(row[0]) if row else 0


def _files(told: _Told, rows: Sequence[Sequence[Any]]) -> list[File]:
    """Each file once, consumer first."""
    if len(rows) < 2:
        return [told.file(row) for row in rows]
    distinct = {row[0]: row for row in rows}
    return sorted((told.file(row) for row in distinct.values()), key=_capacity)


def _capacity(file: File) -> tuple[str, str]:
    return file.party.capacity, file.party.id
