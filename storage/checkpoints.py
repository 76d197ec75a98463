"""Signed checkpoints of the ledger, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from storage.ledger import LOCK
from storage.records import SignedCheckpoint
from storage.schema import checkpoint as checkpoints
from storage.schema import ledger
from storage.session import Session, Statement
from storage.signing import Signer

_FIELDS = ("sequence", "hash", "root", "previous", "at", "key_id", "signature")
_ROWS = select(*(checkpoints.c[name] for name in _FIELDS))
_NEWEST = Statement(_ROWS.order_by(checkpoints.c.sequence.desc()).limit(1))
_LIST = Statement(_ROWS.where(checkpoints.c.sequence > bindparam("after")).order_by(checkpoints.c.sequence)
                  .limit(bindparam("most")))
_ADD = Statement(insert(checkpoints).inline(), _FIELDS)
_LOCK = Statement(select(func.pg_advisory_xact_lock(LOCK)))
_HASHES = Statement(select(ledger.c.hash).where(ledger.c.sequence > bindparam("after"),
                                                ledger.c.sequence <= bindparam("upto")).order_by(ledger.c.sequence))


class SqlCheckpoints:
    """In one transaction."""

    def __init__(self, session: Session, signer: Signer) -> None:
        """Nothing is read yet."""
        self._s, self._signer = session, signer

    @property
    def public_key(self) -> bytes:
        """The key that signs here."""
        return self._signer.public_key

    def newest(self) -> SignedCheckpoint | None:
        """The last one."""
        row = self._s.first(_NEWEST)
        return _checkpoint(row) if row else None

    def list(self, after: int = 0, limit: int = 1000) -> Sequence[SignedCheckpoint]:
        """In order of sequence."""
        return [_checkpoint(row) for row in self._s.all(_LIST, {"after": after, "most": limit})]

    def add(self, previous: SignedCheckpoint | None, sequence: int, digest: str, root: str,
            at: datetime) -> SignedCheckpoint | None:
        """Sign and keep, unless another was quicker. PostgreSQL: under the ledger's lock."""
        if self._s.postgresql:
            self._s.run(_LOCK)
        if self.newest() != previous:
            return None
        made = self._signer.checkpoint(sequence, digest, root, previous, at)
        self._s.run(_ADD, {name: getattr(made, name) for name in _FIELDS})
        return made

    def hashes(self, after: int, upto: int) -> Sequence[str]:
        """The hashes of the entries after the one and up to the other."""
        return [row[0] for row in self._s.all(_HASHES, {"after": after, "upto": upto})]


def _checkpoint(row: Any) -> SignedCheckpoint:
    sequence, digest, root, previous, at, key_id, signature = row
    return SignedCheckpoint(sequence, digest, root, previous, at, key_id, bytes(signature))
