"""What every channel is: a way in (Receiver) and a way out (Sender)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from storage.records import OutboxItem


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came: its bytes, the channel's own id for it, and what the channel knows beside the bytes."""

    raw: bytes = field(repr=False)
    external_id: str
    envelope: Mapping[str, Any] = field(default_factory=dict, repr=False)  # mail_from, rcpt_to (list), peer


Accept = Callable[[Sequence[Received]], int]
"""Stores and commits all of them, then returns how many were new; raises when nothing was stored."""


class Receiver(Protocol):
    """A channel's way in; what it receives it hands to intake, and acknowledges only what is committed."""

    def start(self) -> None:
        """Open, and return at once."""

    def stop(self) -> None:
        """Close, and finish what was begun."""


class Sender(Protocol):
    """A channel's way out."""

    def send(self, item: OutboxItem) -> None:
        """Hand over; raises PermanentDeliveryError when refused for good, TemporaryError when it may pass."""

    def close(self) -> None:
        """Forget the connection."""
