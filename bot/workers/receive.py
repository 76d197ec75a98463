"""Open and close the doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Receiver(Protocol):
    """A channel's way in; what it receives it hands to intake."""

    def start(self) -> None:
        """Open, and return at once."""

    def stop(self) -> None:
        """Close, and finish what was begun."""


def open_all(receivers: Sequence[Receiver]) -> None:
    """All or none: when one cannot open, those already open are closed."""
    opened: list[Receiver] = []
    try:
        for receiver in receivers:
            receiver.start()
            opened.append(receiver)
    except BaseException:
        close_all(opened)
        raise


def close_all(receivers: Sequence[Receiver]) -> None:
    """In the reverse order."""
    for receiver in reversed(receivers):
        receiver.stop()
