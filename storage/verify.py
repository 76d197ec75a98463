"""Re-derives the whole chain. Reads only: there is no write path here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.chain import GENESIS, entry_hash
from storage.records import LedgerEntry


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """`count` entries read; `first_bad` is the sequence of the first entry that does not fit."""

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str | None = None


def verify(entries: Iterable[LedgerEntry]) -> VerifyReport:
    """Check sequence, links and hashes from the first entry on."""
    previous, count = GENESIS, 0
    for entry in entries:
        count += 1
        derived = entry_hash(entry.sequence, entry.id, entry.event, entry.sealed, entry.recorded_at,
                             entry.previous_hash, entry.schema_version)
        reason = (f"entry {count} is missing" if entry.sequence != count
                  else "the link to the entry before is broken" if entry.previous_hash != previous
                  else "the entry was changed after it was written" if entry.hash != derived else None)
        if reason:
            return VerifyReport(False, count, entry.sequence, reason)
        previous = entry.hash
    return VerifyReport(True, count)
