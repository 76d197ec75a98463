"""What an import did or would do, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ROWS = {"new": "new", "updated": "updated", "unchanged": "unchanged",
        "merged": "merged into a contact of an earlier row", "blocked": "not stored: they had said no to everything",
        "refused": "refused"}
CLAIMS = {
    "recorded_given": "a yes with its full proof", "recorded_unknown": "not proven: kept as evidence for the audit",
    "recorded_refused": "a no (refused)", "recorded_withdrawn": "a no (withdrawn)",
    "recorded_revoked": "a no (revoked by you)", "recorded_expired": "expired",
    "recorded_invalidated": "no such address any more",
    "claims_same": "known already", "claims_older": "older than what is on file: left as it is",
    "claims_blocked": "a yes that a no on file blocks",
    "claims_left": "about people already known: not touched without --consents"}


def lines(counts: Mapping[str, Any], *, done: bool) -> Iterator[str]:
    """The report, a line at a time."""
    yield f"{counts.get('rows', 0):,} rows {'were read' if done else 'read; nothing is written yet'}:"
    yield from _listed(counts, ROWS)
    claimed = list(_listed(counts, CLAIMS))
    if claimed:
        yield "What they claim:"
        yield from claimed
    stay = counts.get("stay_blocked", 0)
    if stay:
        yield f"These {stay:,} came back and stay blocked: a no on file holds, whatever the file says."
    if counts.get("partly"):
        yield f"{counts['partly']:,} of them taken in without what could not be read in them."
    if counts.get("hint_professional"):
        yield f"{counts['hint_professional']:,} consumers have an address like info@: perhaps professionals?"
    if counts.get("hint_consumer"):
        yield f"{counts['hint_consumer']:,} professionals have a free-mail address: perhaps consumers?"


def _listed(counts: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    return (f"{counts[name]:>12,}  {said}" for name, said in words.items() if counts.get(name))
