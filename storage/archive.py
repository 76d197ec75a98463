"""What is left of an erased message: its hash; or, sealed, the whole of it, where the law lets one keep a proof."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storage.keys import Keys
from storage.records import InboxItem

ERASED = "erased"  # the source of what is left


def sealed(item: InboxItem, keys: Keys) -> bytes:
    """The message with its envelope and explanation, under the store's archive key."""
    return keys.seal_archived({
        "raw": base64.b64encode(item.raw).decode(), "envelope": dict(item.envelope), "source": item.source,
        "external_id": item.external_id, "explanation": dict(item.explanation or {})})


def opened(item: InboxItem, keys: Keys) -> InboxItem | None:
    """The message as it was; None when nothing of it was kept. Raises WrongKey."""
    if not item.raw:
        return None
    told = keys.open_archived(item.raw)
    return replace(item, raw=base64.b64decode(told["raw"]), envelope=told["envelope"], source=told["source"],
                   external_id=told["external_id"], explanation=told["explanation"])


def left(item: InboxItem, raw: bytes, at: datetime, until: datetime | None = None, party_id: str = "") -> InboxItem:
    """The row that stays. `explanation` says when, and for what is archived until when and of whom."""
    said: dict[str, Any] = {"erased": day(at)}
    if until is not None:
        said |= {"kept_until": day(until), "party": party_id}
    return replace(item, raw=raw, envelope={}, explanation=said, source=ERASED, external_id=item.id, error=None,
                   stage=None)


def over(said: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether the time of an archived message is over."""
    until: str = (said or {}).get("kept_until", "9999")
    return until < day(now)


def day(at: datetime) -> str:
    """The date in UTC, ISO 8601."""
    return at.astimezone(UTC).date().isoformat()
