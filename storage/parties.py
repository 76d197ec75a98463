"""Who is known, under which handles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from storage.keys import Keys
from storage.records import Capacity, ChannelKind, Handle, Party
from storage.schema import handle as handles
from storage.schema import invalid_handle
from storage.schema import party as parties
from storage.session import Session, Statement
from storage.upsert import ignoring

_COLUMNS = ("id", "capacity", "organisation", "language", "country", "region", "time_zone")
_ROWS = select(*(parties.c[name] for name in _COLUMNS))
_ADD = Statement(ignoring(parties), _COLUMNS)
_ATTACH = Statement(ignoring(handles), ("kind", "value", "party_id", "digest"))
_HAS = (handles.c.kind == bindparam("of_kind"), handles.c.value == bindparam("of_value"))
_DETACH = Statement(delete(handles).where(*_HAS, handles.c.party_id == bindparam("party")))
_LACKING = Statement(
    select(handles.c.kind, handles.c.value).where(handles.c.digest.is_(None)).limit(bindparam("most")))
_FILL = Statement(update(handles).where(*_HAS).values(digest=bindparam("found")))
_BY_HANDLE = Statement(
    _ROWS.join(handles, handles.c.party_id == parties.c.id)
    .where(handles.c.kind == bindparam("kind"), handles.c.value == bindparam("value"))
    .order_by(parties.c.capacity, parties.c.id))
_GET = Statement(_ROWS.where(parties.c.id == bindparam("party")))
_HANDLES = Statement(
    select(handles.c.kind, handles.c.value).where(handles.c.party_id == bindparam("party"))
    .order_by(handles.c.kind, handles.c.value))
_SAME = (invalid_handle.c.kind == bindparam("kind"), invalid_handle.c.value == bindparam("value"))
_INVALID = Statement(select(invalid_handle.c.kind).where(*_SAME))
_MAKE_VALID = Statement(delete(invalid_handle).where(*_SAME))
_MAKE_INVALID = Statement(ignoring(invalid_handle), ("kind", "value"))


def _key(handle: Handle) -> dict[str, str]:
    return {"kind": handle.kind.value, "value": handle.value}


def _party(row: Any) -> Party:
    party_id, capacity, *known = row
    return Party(party_id, Capacity(capacity), *known)


class SqlParties:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def add(self, party: Party, handle: Handle) -> None:
        """Create the party if new and attach the handle."""
        self._s.run(_ADD, {
            "id": party.id, "capacity": party.capacity.value, "organisation": party.organisation,
            "language": party.language, "country": party.country, "region": party.region,
            "time_zone": party.time_zone})
        self._s.run(_ATTACH, {**_key(handle), "party_id": party.id, "digest": self._keys.digest(handle)})

    def by_handle(self, handle: Handle) -> Sequence[Party]:
        """All capacities, consumer first."""
        return [_party(row) for row in self._s.all(_BY_HANDLE, _key(handle))]

    def get(self, party_id: str) -> Party | None:
        """One party."""
        row = self._s.first(_GET, {"party": party_id})
        return _party(row) if row else None

    def handles(self, party_id: str) -> Sequence[Handle]:
        """Handles of a party, in order of kind and value."""
        return [Handle(ChannelKind(kind), value) for kind, value in self._s.all(_HANDLES, {"party": party_id})]

    def set_handle_validity(self, handle: Handle, *, valid: bool) -> None:
        """A hard bounce makes a handle invalid."""
        self._s.run(_MAKE_VALID if valid else _MAKE_INVALID, _key(handle))

    def handle_valid(self, handle: Handle) -> bool:
        """False once invalidated."""
        return self._s.first(_INVALID, _key(handle)) is None

    def detach(self, party_id: str, handle: Handle) -> None:
        """The party has it no more."""
        self._s.run(_DETACH, {"of_kind": handle.kind.value, "of_value": handle.value, "party": party_id})

    def fill_digests(self, limit: int = 5000) -> int:
        """For stores of an older version."""
        found = [Handle(ChannelKind(kind), value) for kind, value in self._s.all(_LACKING, {"most": limit})]
        self._s.each(_FILL, [{"of_kind": each.kind.value, "of_value": each.value, "found": self._keys.digest(each)}
                             for each in found])
        return len(found)
