"""What every channel is: a way in (Receiver) and a way out (Sender)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from bot.messages import Received
from storage.records import OutboxItem

Accept = Callable[[Sequence[Received]], int]
"""Stores and commits all of them, then returns how many were new; raises when nothing was stored."""


class Receiver(Protocol):
    """A channel's way in; what it receives it hands to intake, and acknowledges only what is committed."""

    def start(self) -> None:
        """Open, and return at once."""

    def stop(self) -> None:
        """Close, and finish what was begun."""

    def describe(self) -> str:
        """For the operator, after `start`: "by LMTP on 127.0.0.1:2424"."""


class Sender(Protocol):
    """A channel's way out."""

    def send(self, item: OutboxItem) -> None:
        """Hand over; raises PermanentDeliveryError when refused for good, TemporaryError when it may pass."""

    def close(self) -> None:
        """Forget the connection."""


def at_once(connection: Any) -> None:  # noqa: ANN401 - a socket, or asyncio's wrapper of one
    """TCP_NODELAY: what is written leaves at once; several short writes would wait 40 ms for the other side's ACK.

    asyncio does so itself only for sockets made with an explicit protocol number.
    """
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
