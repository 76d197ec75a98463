"""What an import asks and writes, by the batch: a few statements for thousands of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from storage.import_records import Attached, ImportRun, Known, KnownFile, Stop
from storage.keys import Keys
from storage.listed import by_dialect, given
from storage.records import (
    Capacity,
    ConsentState,
    ConsentStatus,
    Evidence,
    Handle,
    Party,
    Relation,
    Source,
)
from storage.schema import evidence as evidences
from storage.schema import handle as handles
from storage.schema import import_run, projection, suppression
from storage.schema import party as parties
from storage.schema import relation as relations
from storage.session import Session, Statement
from storage.upsert import ignoring, replacing

_RUN = ("id", "file_hash", "name", "line", "counts", "started_at", "by", "finished_at")
_FIND_RUN = Statement(select(*(import_run.c[name] for name in _RUN)).where(import_run.c.file_hash == bindparam("hash")))
_SAVE_RUN = Statement(replacing(import_run, "line", "counts", "started_at", "by", "finished_at"), _RUN)

_PARTY = ("id", "capacity", "organisation", "language", "country", "region", "time_zone")
_RELATION = ("party_id", "source", "collected_at", "at_sale", "refusal_offered", "last_sale_at", "contract_until",
             "asked_at", "last_contact_at")
_MADE = (*_RELATION, "run_id")
_HANDLE = ("kind", "value", "party_id", "digest")
_STATE = ("party_id", "purpose", "channel", "status", "since", "sequence", "valid_until")
_STOP = ("channel", "purpose", "provisional", "reason", "at")
_EVIDENCE = ("party_id", "purpose", "channel", "claimed", "collected_at", "method", "notice", "proof", "run_id", "line")

_OWNERS = Statement(by_dialect(
    lambda among: select(handles.c.digest, handles.c.party_id).where(among(handles.c.digest, "listed"))
    .order_by(handles.c.party_id)))
_FILES = Statement(by_dialect(
    lambda among: select(*(parties.c[name] for name in _PARTY), *(relations.c[name] for name in _MADE))
    .join(relations, relations.c.party_id == parties.c.id, isouter=True).where(among(parties.c.id, "listed"))))
_STATES = Statement(by_dialect(
    lambda among: select(*(projection.c[name] for name in _STATE)).where(among(projection.c.party_id, "listed"))))
_STOPS = Statement(by_dialect(
    lambda among: select(suppression.c.digest, *(suppression.c[name] for name in _STOP))
    .where(among(suppression.c.digest, "listed"))))

_NEW_PARTY = Statement(insert(parties).inline(), _PARTY)
_NEW_RELATION = Statement(insert(relations).inline(), _MADE)
_NEW_HANDLE = Statement(insert(handles).inline(), _HANDLE)
_NEW_EVIDENCE = Statement(insert(evidences).inline(), _EVIDENCE)
_ATTACH = Statement(ignoring(handles), _HANDLE)
_PARTY_CHANGES = Statement(
    update(parties).where(parties.c.id == bindparam("party")).values(
        {name: bindparam(f"new_{name}") for name in _PARTY[2:]}))
_RELATE = Statement(replacing(relations, *_RELATION[1:]), _RELATION)
_KEEP = Statement(ignoring(evidences), _EVIDENCE)
_REPLACE = Statement(replacing(evidences, *_EVIDENCE[3:]), _EVIDENCE)


class SqlImports:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def digest(self, handle: Handle) -> str:
        """The keyed HMAC of a handle."""
        return self._keys.digest(handle)

    def run(self, file_hash: str) -> ImportRun | None:
        """The run of a file."""
        row = self._s.first(_FIND_RUN, {"hash": file_hash})
        return ImportRun(*row) if row else None

    def save(self, run: ImportRun) -> None:
        """Begin it, or say how far it is."""
        self._s.run(_SAVE_RUN, {name: getattr(run, name) for name in _RUN})

    def known(self, digests: Sequence[str]) -> Known:
        """Files, states and suppressions of these handles."""
        listed = {"listed": given(self._s, digests)}
        owners: defaultdict[str, list[str]] = defaultdict(list)
        for digest, party in self._s.all(_OWNERS, listed):
            owners[digest].append(party)
        stops: defaultdict[str, list[Stop]] = defaultdict(list)
        for digest, *stop in self._s.all(_STOPS, listed):
            stops[digest].append(Stop(*stop))
        return Known({digest: tuple(found) for digest, found in owners.items()}, self._files(owners),
                     {digest: tuple(found) for digest, found in stops.items()})

    def _files(self, owners: Mapping[str, Sequence[str]]) -> dict[str, KnownFile]:
        """Each party that has one of the handles."""
        digests: defaultdict[str, set[str]] = defaultdict(set)
        for digest, found in owners.items():
            for owner in found:
                digests[owner].add(digest)
        if not digests:
            return {}
        listed = {"listed": given(self._s, sorted(digests))}
        states: defaultdict[str, dict[tuple[str, str], ConsentState]] = defaultdict(dict)
        for row in self._s.all(_STATES, listed):
            state = _state(row)
            states[state.party_id][state.purpose, state.channel] = state
        files = {}
        for row in self._s.all(_FILES, listed):
            party = Party(row[0], Capacity(row[1]), *row[2:7])
            files[party.id] = KnownFile(party, _relation(row[7:16]), row[16], states[party.id],
                                        frozenset(digests[party.id]))
        return files

    def add(self, made: Sequence[Party], known: Sequence[Relation], attached: Sequence[Attached], run_id: str) -> None:
        """New files with what was between us and them; none of the parties may be there."""
        self._s.bulk(_NEW_PARTY, _PARTY, [
            (party.id, party.capacity.value, party.organisation, party.language, party.country, party.region,
             party.time_zone) for party in made])
        self._s.bulk(_NEW_RELATION, _MADE, [(*_related(each), run_id) for each in known])
        self._s.bulk(_NEW_HANDLE, _HANDLE, [
            (each.handle.kind.value, each.handle.value, each.party_id, each.digest) for each in attached])

    def attach(self, attached: Sequence[Attached]) -> None:
        """Handles of files that were there; nothing changes for one that has it."""
        self._s.each(_ATTACH, [{"kind": each.handle.kind.value, "value": each.handle.value,
                                "party_id": each.party_id, "digest": each.digest} for each in attached])

    def update(self, changed: Sequence[Party], known: Sequence[Relation]) -> None:
        """What is now known of files that were there; never the capacity."""
        self._s.each(_PARTY_CHANGES, [
            {"party": party.id, **{f"new_{name}": getattr(party, name) for name in _PARTY[2:]}} for party in changed])
        self._s.each(_RELATE, [dict(zip(_RELATION, _related(each), strict=True)) for each in known])

    def claim(self, new: Sequence[Evidence], kept: Sequence[Evidence], replaced: Sequence[Evidence]) -> None:
        """What the file claims: of new files; of others, where nothing was claimed yet; and instead of what was."""
        self._s.bulk(_NEW_EVIDENCE, _EVIDENCE, [_claimed(each) for each in new])
        for statement, rows in ((_KEEP, kept), (_REPLACE, replaced)):
            self._s.each(statement, [dict(zip(_EVIDENCE, _claimed(each), strict=True)) for each in rows])


def _state(row: Any) -> ConsentState:
    party_id, purpose, channel, status, since, sequence, until = row
    return ConsentState(party_id, purpose, channel, ConsentStatus(status), since, sequence, until)


def _relation(row: Sequence[Any]) -> Relation | None:
    return None if row[0] is None else Relation(row[0], Source(row[1]), *row[2:])


def _related(it: Relation) -> tuple[str | bool | datetime | None, ...]:
    return (it.party_id, it.source.value, it.collected_at, it.at_sale, it.refusal_offered, it.last_sale_at,
            it.contract_until, it.asked_at, it.last_contact_at)


def _claimed(it: Evidence) -> tuple[str | int | datetime | None, ...]:
    return (it.party_id, it.purpose, it.channel, it.claimed.value, it.collected_at, it.method, it.notice, it.proof,
            it.run_id, it.line)
