"""Taking out what names a person, and archiving, sealed, what proves a consent or a refusal (GDPR 17(3)(b), (e))."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, delete, exists, func, literal, or_, select, update

from storage.archive import ERASED, left, opened, over, sealed
from storage.inbox import FIELDS, ROWS, item_of
from storage.keys import Keys
from storage.records import Handle, InboxItem, InboxStatus, OutboxStatus
from storage.schema import (
    audited,
    evidence,
    example,
    inbox,
    invalid_handle,
    invitation,
    ledger,
    outbox,
    party,
    relation,
)
from storage.schema import handle as handles
from storage.schema import rights_request as requests
from storage.session import Session, Statement

_OPEN = or_(*(inbox.c.status == status.value for status in InboxStatus if status is not InboxStatus.DONE))
_UNDECIDED = Statement(select(inbox.c.id).where(_OPEN).order_by(inbox.c.seq))
_TO_IT = (outbox.c.handle_kind == bindparam("kind"), outbox.c.handle_value == bindparam("value"))
_UNSENT = Statement(select(func.count()).where(
    *_TO_IT, or_(outbox.c.status == OutboxStatus.QUEUED.value, outbox.c.status == OutboxStatus.SENDING.value)))
_WITHOUT_BYTES = select(*(literal(b"").label("raw") if name == "raw" else inbox.c[name] for name in FIELDS))


def _naming(place: Any) -> Any:
    """Text search, not JSON: PostgreSQL refuses to look into JSON that holds an escaped U+0000."""
    told = [func.lower(cast(column, Text)) for column in (inbox.c.explanation, inbox.c.envelope)]
    return _WITHOUT_BYTES.where(
        inbox.c.channel == bindparam("kind"), inbox.c.source != ERASED,
        or_(*(place(text, bindparam("needle")) > 0 for text in told))).order_by(inbox.c.seq)


_NAMING = Statement({"sqlite": _naming(func.instr), "postgresql": _naming(func.strpos)})
_OTHER_FILES = Statement(select(exists().where(
    ledger.c.source_hash == bindparam("digest"), ledger.c.party_id != bindparam("party"),
    ledger.c.party_id == party.c.id)))
_ONE = Statement(ROWS.where(inbox.c.id == bindparam("item")))
_LEFT = ("raw", "envelope", "explanation", "external_id", "source", "stage", "error")
_LEAVE = Statement(update(inbox).where(inbox.c.id == bindparam("item")), _LEFT)
_ARCHIVED = Statement(ROWS.where(inbox.c.content_hash == bindparam("digest"), inbox.c.source == ERASED))
_ALL_ARCHIVED = Statement(select(inbox.c.id, inbox.c.content_hash, inbox.c.explanation)
                          .where(inbox.c.source == ERASED).order_by(inbox.c.seq))
_LETTERS = Statement(update(outbox).where(*_TO_IT).values(handle_value="", payload=b"", error=None))
_EXAMPLES = Statement(delete(example).where(example.c.inbox_id == bindparam("inbox")))
_OF_PARTY = {table.name: Statement(delete(table).where(table.c.party_id == bindparam("party")))
             for table in (audited, evidence, relation, invitation, handles)}
_PARTY = Statement(delete(party).where(party.c.id == bindparam("party")))
_REQUESTS_OF = Statement(update(requests).where(requests.c.party_id == bindparam("party"))
                         .values(party_id=None, handle_value=""))
_REQUESTS_TO = Statement(update(requests).where(
    requests.c.handle_kind == bindparam("kind"), requests.c.handle_value == bindparam("value"))
    .values(party_id=None, handle_value=""))
_VALID = Statement(delete(invalid_handle).where(
    invalid_handle.c.kind == bindparam("kind"), invalid_handle.c.value == bindparam("value")))


class SqlErasures:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def undecided(self) -> Sequence[str]:
        """Ids of what is not decided for good."""
        return [row[0] for row in self._s.all(_UNDECIDED)]

    def unsent(self, handle: Handle) -> int:
        """How many of our messages to it are still to be sent."""
        row = self._s.first(_UNSENT, _key(handle))
        return int(row[0]) if row else 0

    def naming(self, handle: Handle) -> Sequence[InboxItem]:
        """Messages that have the handle in envelope or explanation. Reads the whole inbox but for the bytes."""
        needle = json.dumps(handle.value)[1:-1].lower()
        return [item_of(row) for row in self._s.all(_NAMING, {"kind": handle.kind.value, "needle": needle})]

    def other_files(self, content_hash: str, party_id: str) -> bool:
        """Whether another file's proof rests on it."""
        row = self._s.first(_OTHER_FILES, {"digest": content_hash, "party": party_id})
        return bool(row and row[0])

    def scrub(self, item_id: str, at: datetime) -> None:
        """Nothing stays but the hash."""
        item = self._one(item_id)
        if item is not None:
            self._keep(left(item, b"", at))

    def archive(self, item_id: str, at: datetime, until: datetime, party_id: str) -> None:
        """Sealed, until that day. What is archived already is left as it is."""
        item = self._one(item_id)
        if item is not None and item.source != ERASED:
            self._keep(left(item, sealed(item, self._keys), at, until, party_id))

    def _one(self, item_id: str) -> InboxItem | None:
        row = self._s.first(_ONE, {"item": item_id})
        return item_of(row) if row else None

    def _keep(self, item: InboxItem) -> None:
        self._s.run(_LEAVE, {"item": item.id, **{name: getattr(item, name) for name in _LEFT}})

    def archived(self, content_hash: str) -> InboxItem | None:
        """An archived message, unsealed. Raises WrongKey."""
        row = self._s.first(_ARCHIVED, {"digest": content_hash})
        return opened(item_of(row), self._keys) if row else None

    def overdue(self, now: datetime) -> Sequence[tuple[str, str, str]]:
        """Archived messages whose time is over."""
        return [(item_id, told["party"], digest) for item_id, digest, told in self._s.all(_ALL_ARCHIVED)
                if over(told, now)]

    def letters(self, handle: Handle) -> int:
        """What we sent to it, without words and recipient."""
        return self._s.run(_LETTERS, _key(handle))

    def examples(self, item_ids: Sequence[str]) -> int:
        """Delete what was learnt from these messages."""
        return sum(self._s.run(_EXAMPLES, {"inbox": item_id}) for item_id in item_ids)

    def file(self, party_id: str) -> Mapping[str, int]:
        """Delete the party with all that hangs on it."""
        self._s.run(_REQUESTS_OF, {"party": party_id})
        gone = {name: self._s.run(statement, {"party": party_id}) for name, statement in _OF_PARTY.items()}
        return gone | {"party": self._s.run(_PARTY, {"party": party_id})}

    def handle(self, handle: Handle) -> int:
        """Out of the rights requests."""
        self._s.run(_VALID, _key(handle))
        return self._s.run(_REQUESTS_TO, _key(handle))


def _key(handle: Handle) -> dict[str, str]:
    return {"kind": handle.kind.value, "value": handle.value}
