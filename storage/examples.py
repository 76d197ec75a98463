"""What reviewers said that messages want; what people wrote is sealed with the store's key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from storage.keys import Keys
from storage.records import ChannelKind, LabelledExample
from storage.schema import example
from storage.session import Session, Statement

_FIELDS = ("id", "inbox_id", "sealed", "channel", "context", "language", "intents", "decided_by", "decided_at",
           "model_version", "read_as")
_ADD = Statement(insert(example).inline(), _FIELDS)
_PLACE = select(example.c.seq).where(example.c.id == bindparam("after")).scalar_subquery()
_LIST = Statement(
    select(*(example.c[name] for name in _FIELDS)).where(example.c.seq > func.coalesce(_PLACE, 0))
    .order_by(example.c.seq).limit(bindparam("most")))
_COUNT = Statement(select(func.count()).select_from(example))


class SqlExamples:
    """In one transaction."""

    def __init__(self, session: Session, keys: Keys) -> None:
        """Nothing is read yet."""
        self._s, self._keys = session, keys

    def add(self, example: LabelledExample) -> None:
        """Seal and keep."""
        sealed = self._keys.seal_example({"text": example.text, "subject": example.subject})
        self._s.run(_ADD, {
            "id": example.id, "inbox_id": example.inbox_id, "sealed": sealed, "channel": example.channel.value,
            "context": example.context, "language": example.language, "intents": list(example.intents),
            "decided_by": example.decided_by, "decided_at": example.decided_at,
            "model_version": example.model_version, "read_as": list(example.read_as)})

    def list(self, after: str = "", limit: int = 1000) -> Sequence[LabelledExample]:
        """Oldest first, unsealed. Raises WrongKey."""
        return [self._example(row) for row in self._s.all(_LIST, {"after": after, "most": limit})]

    def count(self) -> int:
        """How many there are."""
        row = self._s.first(_COUNT)
        return int(row[0]) if row else 0

    def _example(self, row: Any) -> LabelledExample:
        (example_id, inbox_id, sealed, channel, context, language, intents, decided_by, decided_at, model_version,
         read_as) = row
        said = self._keys.open_example(bytes(sealed))
        return LabelledExample(example_id, inbox_id, said["text"], said["subject"], ChannelKind(channel), context,
                               language, tuple(intents), decided_by, decided_at, model_version, tuple(read_as))
