"""What the audit reads and says: dossiers by the page, and the pile of each claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from storage.dossier_records import Dossier
from storage.dossiers import AUDITED, Dossiers, audited_of
from storage.keys import Keys
from storage.records import Audited
from storage.schema import Moment, Words, audited
from storage.schema import party as parties
from storage.session import Session, Statement
from storage.upsert import replacing_from

_TYPES = {name: Moment() if name == "at" else Words() for name in AUDITED}
_ROW: Any = select(*(bindparam(name, type_=kind) for name, kind in _TYPES.items())).where(
    select(parties.c.id).where(parties.c.id == bindparam("owner")).exists())
_PUT = Statement(replacing_from(audited, AUDITED, _ROW, "pile", "reasons", "at"))
_SAME = (audited.c.party_id == bindparam("party"), audited.c.purpose == bindparam("purpose"),
         audited.c.channel == bindparam("channel"))
_DROP = Statement(delete(audited).where(*_SAME))
_OF = Statement(select(*(audited.c[name] for name in AUDITED)).where(audited.c.party_id == bindparam("party"))
                .order_by(audited.c.channel, audited.c.purpose))


class SqlAudits:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._dossiers = session, Dossiers(session, keys)

    def count(self) -> int:
        """Parties to judge: those with a handle on file."""
        return self._dossiers.count()

    def page(self, after: str, limit: int) -> Sequence[Dossier]:
        """The next parties by id, with all that is on file of them."""
        return self._dossiers.page(after, limit)

    def put(self, found: Sequence[Audited]) -> None:
        """Keep each, instead of what was said of the same claim; nothing for a party that is gone."""
        self._s.each(_PUT, [_values(each) for each in found])

    def drop(self, gone: Sequence[Audited]) -> None:
        """Forget what was said of these claims."""
        self._s.each(_DROP, [{"party": each.party_id, "purpose": each.purpose, "channel": each.channel}
                             for each in gone])

    def of(self, party_id: str) -> Sequence[Audited]:
        """What was said of a party, in order of channel and purpose."""
        return [audited_of(row) for row in self._s.all(_OF, {"party": party_id})]


def _values(said: Audited) -> dict[str, Any]:
    return {"party_id": said.party_id, "purpose": said.purpose, "channel": said.channel, "pile": said.pile.value,
            "reasons": " ".join(said.reasons), "at": said.at, "owner": said.party_id}
