"""What is over: found, counted and taken out by the batch. Every query is one over the whole table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select, update

from storage.archive import ERASED
from storage.dossier_records import Kind, Over, ProofLeft
from storage.dossiers import CLOSED
from storage.records import Capacity, ConsentStatus, EventTag, InboxStatus, OutboxStatus, Pile
from storage.schema import Moment, audited, call_attempt, evidence, inbox, invalid_handle, invitation, ledger, outbox
from storage.schema import handle as handles
from storage.schema import party as parties
from storage.schema import party_key as keys
from storage.schema import relation as relations
from storage.schema import rights_request as requests
from storage.session import Session, Statement, one_of

SILENT = "silent-too-long"  # the audit's reason beside a no: the file may go, the suppression stays
_BEFORE = bindparam("before", type_=Moment())
_MOST: Any = bindparam("most")
_PARTY: Any = bindparam("party")
_GOES = or_(audited.c.pile == Pile.DELETE.value,
            and_(audited.c.pile == Pile.SUPPRESS.value, audited.c.reasons.contains(SILENT)))
_JUDGED = (select(audited.c.party_id, func.max(audited.c.at).label("at")).group_by(audited.c.party_id)
           .having(func.count() == func.count().filter(_GOES), func.max(audited.c.at) < _BEFORE).subquery())
_PENDING = exists().where(requests.c.party_id == parties.c.id, ~one_of(requests.c.status, CLOSED))
_UNSENT = exists().where(handles.c.party_id == parties.c.id, outbox.c.handle_value == handles.c.value,
                         one_of(outbox.c.status, (OutboxStatus.QUEUED, OutboxStatus.SENDING)))
_FILES = (select(parties.c.id, parties.c.capacity, _JUDGED.c.at).join(_JUDGED, _JUDGED.c.party_id == parties.c.id)
          .where(~_PENDING, ~_UNSENT).order_by(parties.c.id))

_PROOF = inbox.c.content_hash.in_(select(ledger.c.source_hash))
_ASKS = inbox.c.id.in_(select(requests.c.inbox_id).where(requests.c.inbox_id.is_not(None)))
_ASKS_STILL = inbox.c.id.in_(
    select(requests.c.inbox_id).where(requests.c.inbox_id.is_not(None), ~one_of(requests.c.status, CLOSED)))
_OLD = (inbox.c.status == InboxStatus.DONE.value, inbox.c.source != ERASED, inbox.c.received_at < _BEFORE)
_MESSAGE = (inbox.c.id, inbox.c.content_hash, inbox.c.received_at)
_IDLE = select(*_MESSAGE).where(*_OLD, ~_PROOF, ~_ASKS).order_by(inbox.c.seq)
_PROVING = select(*_MESSAGE).where(*_OLD, or_(_PROOF, _ASKS), ~_ASKS_STILL).order_by(inbox.c.seq)

_SENT = one_of(outbox.c.status, (OutboxStatus.SENT, OutboxStatus.FAILED))
_LETTERS = (select(outbox.c.id, outbox.c.handle_kind, outbox.c.created_at)
            .where(_SENT, outbox.c.created_at < _BEFORE, func.length(outbox.c.payload) > 0).order_by(outbox.c.seq))
_REQUESTS = (select(requests.c.id, requests.c.party_id, requests.c.due_at)
             .where(one_of(requests.c.status, CLOSED), requests.c.due_at < _BEFORE).order_by(requests.c.id))
_CALLS = (select(call_attempt.c.seq, call_attempt.c.digest, call_attempt.c.at).where(call_attempt.c.at < _BEFORE)
          .order_by(call_attempt.c.seq))

_KINDS: Mapping[Kind, Select[Any]] = {
    Kind.FILE: _FILES, Kind.MESSAGE: _IDLE, Kind.PROOF_MESSAGE: _PROVING, Kind.LETTER: _LETTERS,
    Kind.REQUEST: _REQUESTS, Kind.CALL: _CALLS}


def _counted(found: Select[Any]) -> Statement:
    rows = found.order_by(None).subquery()
    return Statement(select(func.count(), func.min(list(rows.c)[2])))


_COUNT = {kind: _counted(found) for kind, found in _KINDS.items()}
_SOME = {kind: Statement(found.limit(_MOST)) for kind, found in _KINDS.items()}
_RESTING = Statement(select(ledger.c.party_id, ledger.c.capacity).distinct()
                     .where(ledger.c.source_hash == bindparam("digest")).order_by(ledger.c.party_id))
_EMPTY = Statement(update(outbox).where(outbox.c.id == bindparam("item")).values(handle_value="", payload=b"",
                                                                                 error=None))
_DROP_REQUEST = Statement(delete(requests).where(requests.c.id == bindparam("item")))
_DROP_CALL = Statement(delete(call_attempt).where(call_attempt.c.seq == bindparam("item")))

_ALSO = handles.alias("also")
_OWN = and_(handles.c.party_id == _PARTY, handles.c.kind == invalid_handle.c.kind,
            handles.c.value == invalid_handle.c.value, ~exists().where(
                _ALSO.c.kind == handles.c.kind, _ALSO.c.value == handles.c.value, _ALSO.c.party_id != _PARTY))
_VALID = Statement(delete(invalid_handle).where(exists().where(_OWN)))
_OF_FILE = {table.name: Statement(delete(table).where(table.c.party_id == _PARTY))
            for table in (audited, relations, invitation, handles)}
_YES = one_of(evidence.c.claimed, (ConsentStatus.GIVEN, ConsentStatus.RENEWED))
_CLAIMS = Statement(delete(evidence).where(evidence.c.party_id == _PARTY, or_(~_YES, evidence.c.proof == "")))
_ALL_CLAIMS = Statement(delete(evidence).where(evidence.c.party_id == _PARTY))
_STRIP = Statement(update(parties).where(parties.c.id == _PARTY).values(
    organisation=None, language=None, country=None, region=None, time_zone=None))
_FREE = Statement(delete(parties).where(
    parties.c.id == _PARTY, ~exists().where(evidence.c.party_id == parties.c.id),
    ~exists().where(requests.c.party_id == parties.c.id)))

_CLOSED = (select(keys.c.party_id).where(~exists().where(handles.c.party_id == keys.c.party_id),
                                         keys.c.party_id > bindparam("after"))
           .order_by(keys.c.party_id).limit(_MOST).cte("closed"))
_LEFT = Statement(
    select(ledger.c.party_id, ledger.c.capacity, ledger.c.tag, ledger.c.channel, ledger.c.regime,
           func.max(ledger.c.recorded_at), exists().where(evidence.c.party_id == ledger.c.party_id))
    .where(ledger.c.party_id.in_(select(_CLOSED.c.party_id)))
    .group_by(ledger.c.party_id, ledger.c.capacity, ledger.c.tag, ledger.c.channel, ledger.c.regime)
    .order_by(ledger.c.party_id))


class SqlRetention:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def count(self, kind: Kind, before: datetime) -> tuple[int, datetime | None]:
        """How many of this kind are over, and since when the oldest is."""
        row = self._s.first(_COUNT[kind], {"before": before})
        return (int(row[0]), row[1]) if row else (0, None)

    def some(self, kind: Kind, before: datetime, limit: int) -> Sequence[Over]:
        """The first of them. What one is: see `Over`."""
        rows = self._s.all(_SOME[kind], {"before": before, "most": limit})
        return [Over(str(name), str(about or ""), since) for name, about, since in rows]

    def resting(self, content_hash: str) -> Sequence[tuple[str, Capacity]]:
        """Parties whose ledger entries rest on this message."""
        return [(party_id, Capacity(capacity)) for party_id, capacity in self._s.all(_RESTING,
                                                                                     {"digest": content_hash})]

    def drop(self, kind: Kind, names: Sequence[str]) -> None:
        """Take out letters' words, requests or calls by name; files and messages have their own verbs."""
        statement = {Kind.LETTER: _EMPTY, Kind.REQUEST: _DROP_REQUEST, Kind.CALL: _DROP_CALL}[kind]
        self._s.each(statement, [{"item": int(name) if kind is Kind.CALL else name} for name in names])

    def close(self, party_id: str) -> Mapping[str, int]:
        """Everything of the file but what proves: evidence of a yes that names its proof, requests, the ledger."""
        who = {"party": party_id}
        self._s.run(_VALID, who)
        gone = {name: self._s.run(statement, who) for name, statement in _OF_FILE.items()}
        gone["evidence"] = self._s.run(_CLAIMS, who)
        self._s.run(_STRIP, who)
        return gone | {"party": self._s.run(_FREE, who)}

    def proofs(self, after: str, limit: int) -> Sequence[ProofLeft]:
        """Closed files whose ledger entries can still be unsealed, in order of party id after this one."""
        rows: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
        for row in self._s.all(_LEFT, {"after": after, "most": limit}):
            rows[row[0]].append(row)
        return [ProofLeft(party_id, Capacity(found[0][1]), bool(found[0][6]),
                          tuple((EventTag(row[2]), row[3], row[4], row[5]) for row in found))
                for party_id, found in rows.items()]

    def end_proof(self, party_id: str) -> None:
        """The evidence and what is left of the file; the key is the ledger's to destroy."""
        self._s.run(_ALL_CLAIMS, {"party": party_id})
        self._s.run(_FREE, {"party": party_id})
