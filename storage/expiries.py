"""Consents whose time is over and requests that nobody answered: what the daily job ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select

from storage.dossier_records import Ended, Ending
from storage.records import Capacity, ChannelKind, ConsentState, ConsentStatus
from storage.schema import Moment, invitation, ledger, projection
from storage.schema import party as parties
from storage.session import Session, Statement, one_of

_AT, _YEAR_AGO = bindparam("at", type_=Moment()), bindparam("year_ago", type_=Moment())
_VALID = one_of(projection.c.status, (ConsentStatus.GIVEN, ConsentStatus.RENEWED))
_ASKED = one_of(projection.c.status, (ConsentStatus.REQUESTED, ConsentStatus.REQUEST_DEFERRED))
_THEIRS = (invitation.c.party_id == projection.c.party_id, invitation.c.answered_at.is_(None))
_OPEN = exists().where(*_THEIRS, invitation.c.expires_at > _AT)
_OVER = exists().where(*_THEIRS, invitation.c.expires_at <= _AT)
_STATE = ("party_id", "purpose", "channel", "status", "since", "sequence", "valid_until")


def _ending(*conditions: Any) -> Select[Any]:
    """Locked until the unit ends; what another process is ending is left to it (PostgreSQL)."""
    return (select(*(projection.c[name] for name in _STATE), ledger.c.capacity, ledger.c.regime)
            .join(ledger, ledger.c.sequence == projection.c.sequence)
            .join(parties, parties.c.id == projection.c.party_id, isouter=True)
            .where(*conditions).order_by(projection.c.sequence).limit(bindparam("most"))
            .with_for_update(of=projection, skip_locked=True))


_WHERE = {
    Ending.TIME: (_VALID, projection.c.valid_until <= _AT),
    Ending.PHONE_YEAR: (
        _VALID, projection.c.channel == ChannelKind.PHONE.value, projection.c.since <= _YEAR_AGO,
        ledger.c.capacity == Capacity.CONSUMER.value,
        func.coalesce(parties.c.country, bindparam("home")) == "FR"),
    Ending.SILENCE: (_ASKED, ~_OPEN, or_(_OVER, projection.c.valid_until <= _AT)),
}
_SOME = {ending: Statement(_ending(*conditions)) for ending, conditions in _WHERE.items()}


class SqlExpiries:
    """In one transaction."""

    def __init__(self, session: Session) -> None:
        """Nothing is read yet."""
        self._s = session

    def some(self, ending: Ending, at: datetime, year_ago: datetime, home: str, limit: int) -> Sequence[Ended]:
        """The first whose time is over."""
        values = {"at": at, "year_ago": year_ago, "home": home, "most": limit}
        return [Ended(ConsentState(row[0], row[1], row[2], ConsentStatus(row[3]), *row[4:7]), Capacity(row[7]), row[8])
                for row in self._s.all(_SOME[ending], values)]
