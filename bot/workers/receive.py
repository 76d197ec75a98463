"""Open and close the doors."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.base import Receiver


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
