"""What a recipient is sent, how it is signed, and when it is tried again. Pure.

Standard Webhooks (standardwebhooks.com): `webhook-id` is the same in every try, so that a second copy is recognised;
the signature is over id, timestamp and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.records import Change, DeliveryStatus, Handle

Random = Callable[[], float]  # in [0, 1)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=4)
MOST_ASKED = timedelta(days=1)  # what a Retry-After may ask
MAX_ATTEMPTS = 30  # with these waits, some three days
MAX_REFUSALS = 5  # tries of what the recipient says it cannot take
REFUSALS = frozenset({400, 413, 415, 422})
GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try came to. `status`: of HTTP, None when there was no answer; `retry_after`: what it asked for."""

    status: int | None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def acknowledged(self) -> bool:
        """Only 2xx says that the recipient has it."""
        return self.status is not None and 200 <= self.status < 300


def body_of(change: Change, handles: Sequence[Handle] | None) -> bytes:
    """The change as JSON: type, timestamp and data; data is what the change feed shows."""
    data: dict[str, Any] = {
        "sequence": change.sequence, "id": change.id, "event": str(change.tag), "party": change.party_id,
        "capacity": str(change.capacity), "purpose": change.purpose, "channel": change.channel,
        "status_before": str(change.status_before), "status_after": str(change.status_after),
        "occurred_at": change.occurred_at.isoformat(), "recorded_at": change.recorded_at.isoformat(),
        "regime": change.regime}
    if handles is not None:
        data["handles"] = [{"kind": str(each.kind), "value": each.value} for each in handles]
    return written(str(change.tag), change.occurred_at, data)


def written(event: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """A body; its type is the event's tag with a full stop, as the standard writes types."""
    told = {"type": event.replace(":", "."), "timestamp": at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers(secret: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; the signature is version 1, HMAC-SHA-256."""
    stamp = str(int(at.timestamp()))
    signed = hmac.new(secret, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message_id, "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


def wait_after(attempts: int, random: Random) -> timedelta:
    """Doubles from five seconds to four hours, less up to half of it at random: recipients are not hit in step."""
    doublings = min(max(attempts, 1) - 1, 16)
    longest = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return longest * (1 - random() / 2)


def next_status(outcome: Outcome, attempts: int) -> DeliveryStatus:
    """What becomes of a delivery that was tried so many times."""
    if outcome.acknowledged:
        return DeliveryStatus.ACKNOWLEDGED
    if outcome.status == GONE:
        return DeliveryStatus.GONE
    most = MAX_REFUSALS if outcome.status in REFUSALS else MAX_ATTEMPTS
    return DeliveryStatus.DEAD if attempts >= most else DeliveryStatus.QUEUED


def next_try(outcome: Outcome, attempts: int, now: datetime, random: Random) -> datetime:
    """When to try again: by our own waits, later when the recipient asked for it."""
    asked = min(outcome.retry_after or timedelta(), MOST_ASKED)
    return now + max(wait_after(attempts, random), asked)
