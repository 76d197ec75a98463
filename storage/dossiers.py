"""What the audit reads of each party: a page of parties, then each table once for the whole page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from storage.dossier_records import Asking, Claimed, Dossier, Said, Suppressed
from storage.keys import Keys
from storage.listed import by_dialect, given
from storage.records import (
    Audited,
    Capacity,
    ChannelKind,
    ConsentStatus,
    Evidence,
    Handle,
    Party,
    Pile,
    Provenance,
    Relation,
    RightsArticle,
    Source,
)
from storage.schema import audited, import_run, invalid_handle, invitation, ledger, notice, projection, suppression
from storage.schema import evidence as evidences
from storage.schema import handle as handles
from storage.schema import party as parties
from storage.schema import relation as relations
from storage.schema import rights_request as requests
from storage.session import Session, Statement, one_of

NUMBERS = (ChannelKind.SMS, ChannelKind.PHONE)  # a telephone number is one number
ENDING = (RightsArticle.A7_3, RightsArticle.A17, RightsArticle.A18, RightsArticle.A21)  # what may end a permission
CLOSED = ("fulfilled", "rejected")
AUDITED = ("party_id", "purpose", "channel", "pile", "reasons", "at")
_PARTY = ("id", "capacity", "organisation", "language", "country", "region", "time_zone")
_RELATION = ("party_id", "source", "collected_at", "at_sale", "refusal_offered", "last_sale_at", "contract_until",
             "asked_at", "last_contact_at")
_EVIDENCE = ("party_id", "purpose", "channel", "claimed", "collected_at", "method", "notice", "proof", "run_id", "line")
_COUNT = Statement(select(func.count(handles.c.party_id.distinct())))
_PAGE = Statement(select(*(parties.c[name] for name in _PARTY)).where(parties.c.id > bindparam("after"))
                  .order_by(parties.c.id).limit(bindparam("most")))


def _of_page(query: Select[Any], owner: Any) -> Statement:
    """Rows of the parties of one page: those after one id and up to another."""
    return Statement(query.where(owner > bindparam("after"), owner <= bindparam("last")))


_HANDLES = _of_page(
    select(handles.c.party_id, handles.c.kind, handles.c.value, handles.c.digest, invalid_handle.c.kind.is_not(None))
    .join(invalid_handle, (invalid_handle.c.kind == handles.c.kind) & (invalid_handle.c.value == handles.c.value),
          isouter=True), handles.c.party_id)
_RELATIONS = _of_page(select(*(relations.c[name] for name in _RELATION)), relations.c.party_id)
_CLAIMED = _of_page(
    select(*(evidences.c[name] for name in _EVIDENCE), import_run.c.started_at, notice.c.name)
    .join(import_run, import_run.c.id == evidences.c.run_id)
    .join(notice, notice.c.id == evidences.c.notice, isouter=True)
    .order_by(evidences.c.party_id, evidences.c.channel, evidences.c.purpose), evidences.c.party_id)
_SAID = _of_page(
    select(projection.c.party_id, projection.c.purpose, projection.c.channel, projection.c.status,
           ledger.c.status_before, projection.c.since, projection.c.sequence, ledger.c.provenance, ledger.c.notice,
           projection.c.valid_until, notice.c.name)
    .join(ledger, ledger.c.sequence == projection.c.sequence)
    .join(notice, notice.c.id == ledger.c.notice, isouter=True)
    .order_by(projection.c.sequence), projection.c.party_id)
_ASKED = _of_page(
    select(invitation.c.party_id, invitation.c.purposes, invitation.c.channel, invitation.c.sent_at,
           invitation.c.expires_at, invitation.c.answered_at), invitation.c.party_id)
_AUDITED = _of_page(select(*(audited.c[name] for name in AUDITED)), audited.c.party_id)
_CONTESTED = _of_page(
    select(requests.c.party_id).where(~one_of(requests.c.status, CLOSED), one_of(requests.c.article, ENDING)),
    requests.c.party_id)
_ANY_STOP = Statement(select(suppression.c.digest).limit(1))
_STOPS = Statement(by_dialect(
    lambda among: select(suppression.c.digest, suppression.c.purpose, suppression.c.channel, suppression.c.provisional,
                         suppression.c.at).where(among(suppression.c.digest, "digests"))))


def audited_of(row: Sequence[Any]) -> Audited:
    """The record of one row."""
    party_id, purpose, channel, pile, reasons, at = row
    return Audited(party_id, purpose, channel, _PILES[pile], tuple(reasons.split()), at)


class Dossiers:
    """Reads pages in one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def count(self) -> int:
        """Parties with a handle: those whose file is not closed."""
        row = self._s.first(_COUNT)
        return int(row[0]) if row else 0

    def page(self, after: str, limit: int) -> list[Dossier]:
        """The next parties by id that have a handle, each with all that is on file of it; empty at the end."""
        while found := self._s.all(_PAGE, {"after": after, "most": limit}):
            span = {"after": after, "last": found[-1][0]}
            made = self._made(found, span)
            if made:
                return made
            after = span["last"]  # closed files, every one
        return []

    def _made(self, found: Sequence[Sequence[Any]], span: Mapping[str, str]) -> list[Dossier]:
        reach, stops = self._handles(span)
        related = {row[0]: Relation(row[0], _SOURCES[row[1]], *row[2:]) for row in self._s.all(_RELATIONS, span)}
        said, names = self._said(span)
        rows = {"claimed": self._grouped(_CLAIMED, span, _claimed), "askings": self._grouped(_ASKED, span, _asking),
                "audited": self._grouped(_AUDITED, span, audited_of)}
        contested = {row[0] for row in self._s.all(_CONTESTED, span)}
        made = []
        for row in found:
            if row[0] not in reach:
                continue
            party = Party(row[0], _CAPACITIES[row[1]], *row[2:])
            reached, bounced = reach[party.id]
            made.append(Dossier(
                party, reached, bounced - reached, related.get(party.id),
                tuple(rows["claimed"].get(party.id, ())), tuple(said.get(party.id, ())), tuple(stops.get(party.id, ())),
                tuple(rows["askings"].get(party.id, ())), party.id in contested, names,
                tuple(rows["audited"].get(party.id, ()))))
        return made

    def _grouped(self, statement: Statement, span: Mapping[str, str],
                 make: Callable[[Sequence[Any]], Any]) -> dict[str, list[Any]]:
        grouped: defaultdict[str, list[Any]] = defaultdict(list)
        for row in self._s.all(statement, span):
            grouped[row[0]].append(make(row))
        return grouped

    def _said(self, span: Mapping[str, str]) -> tuple[dict[str, list[Said]], dict[str, str]]:
        """States by party, and the names of the notices that they mention."""
        said: defaultdict[str, list[Said]] = defaultdict(list)
        names: dict[str, str] = {}
        for party_id, purpose, channel, status, before, since, sequence, how, shown, until, name in self._s.all(
                _SAID, span):
            said[party_id].append(Said(purpose, channel, _STATUSES[status], _STATUSES[before], since, sequence,
                                       (how or Provenance.WITNESSED) == Provenance.WITNESSED, shown or "", until))
            if name is not None:
                names[shown] = name
        return said, names

    def _handles(self, span: Mapping[str, str]) -> tuple[dict[str, tuple[frozenset[str], frozenset[str]]],
                                                         dict[str, list[Suppressed]]]:
        """Which kinds still reach each party and which bounced; and what is suppressed of any of its handles."""
        reach: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        owners: defaultdict[str, list[str]] = defaultdict(list)
        suppressing = self._s.first(_ANY_STOP) is not None
        for party_id, kind, value, digest, bounced in self._s.all(_HANDLES, span):
            good, bad = reach.get(party_id, (_NONE, _NONE))
            reach[party_id] = (good, bad | {kind}) if bounced else (good | {kind}, bad)
            if suppressing:
                for each in self._digests(kind, value, digest):
                    owners[each].append(party_id)
        return reach, self._stops(owners)

    def _digests(self, kind: str, value: str, digest: str | None) -> list[str]:
        if kind in NUMBERS:
            return [self._keys.digest(Handle(each, value)) for each in NUMBERS]
        return [digest or self._keys.digest(Handle(ChannelKind(kind), value))]

    def _stops(self, owners: Mapping[str, Sequence[str]]) -> dict[str, list[Suppressed]]:
        stops: defaultdict[str, list[Suppressed]] = defaultdict(list)
        if not owners:
            return stops
        for digest, purpose, channel, provisional, at in self._s.all(
                _STOPS, {"digests": given(self._s, list(owners))}):
            for party_id in owners[digest]:
                stops[party_id].append(Suppressed(purpose, channel, bool(provisional), at))
        return stops


_NONE: frozenset[str] = frozenset()
_PILES = {each.value: each for each in Pile}
_SOURCES = {each.value: each for each in Source}
_STATUSES = {each.value: each for each in ConsentStatus}
_CAPACITIES = {each.value: each for each in Capacity}


def _claimed(row: Sequence[Any]) -> Claimed:
    party_id, purpose, channel, claimed, collected_at, method, shown, proof, run_id, line, started_at, name = row
    return Claimed(Evidence(party_id, purpose, channel, _STATUSES[claimed], collected_at, method, shown, proof, run_id,
                            line), started_at, name)


def _asking(row: Sequence[Any]) -> Asking:
    _, purposes, channel, sent_at, expires_at, answered_at = row
    return Asking(tuple(purposes), channel, sent_at, expires_at, answered_at is not None)
