"""What was between the controller and a party; and the calls and attempts to a number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from storage.keys import Keys
from storage.records import ChannelKind, Handle, Relation, Source
from storage.schema import Moment, call_attempt, relation
from storage.session import Session, Statement
from storage.upsert import replacing

RELATION_FIELDS = ("party_id", "source", "collected_at", "at_sale", "refusal_offered", "last_sale_at",
                   "contract_until", "asked_at", "last_contact_at")
_PUT = Statement(replacing(relation, *RELATION_FIELDS[1:]), RELATION_FIELDS)
_GET = Statement(select(*(relation.c[name] for name in RELATION_FIELDS)).where(
    relation.c.party_id == bindparam("party")))
_CALLED = Statement(insert(call_attempt).inline(), ("digest", "at"))
_OF = call_attempt.c.digest == bindparam("digest")
_SINCE = Statement(select(call_attempt.c.at).where(_OF, call_attempt.c.at >= bindparam("since", type_=Moment()))
                   .order_by(call_attempt.c.at))
_FORGET = Statement(delete(call_attempt).where(call_attempt.c.at < bindparam("before", type_=Moment())))


def number(handle: Handle) -> Handle:
    """A telephone number is one number, whether it is called or written to."""
    return Handle(ChannelKind.PHONE, handle.value) if handle.kind is ChannelKind.SMS else handle


class SqlRelations:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def put(self, known: Relation) -> None:
        """Keep what is known of the party, instead of what was."""
        values = {name: getattr(known, name) for name in RELATION_FIELDS}
        self._s.run(_PUT, values | {"source": known.source.value})

    def get(self, party_id: str) -> Relation | None:
        """What is known of the party."""
        row = self._s.first(_GET, {"party": party_id})
        return Relation(row[0], Source(row[1]), *row[2:]) if row else None


class SqlCallAttempts:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def add(self, handle: Handle, at: datetime) -> None:
        """Somebody called, or tried to."""
        self._s.run(_CALLED, {"digest": self._keys.digest(number(handle)), "at": at})

    def since(self, handle: Handle, since: datetime) -> Sequence[datetime]:
        """Moments of calls and attempts to this number since then, oldest first."""
        rows = self._s.all(_SINCE, {"digest": self._keys.digest(number(handle)), "since": since})
        return [row[0] for row in rows]

    def forget(self, before: datetime) -> int:
        """Delete what no longer counts; how many."""
        return self._s.run(_FORGET, {"before": before})
