"""A channel without a network: what the contract tests compare the others with, and what other tests send through."""

from __future__ import annotations

import threading
from collections import deque

from bot.channels.base import Accept
from bot.errors import TemporaryError
from bot.log import get
from bot.messages import Received
from storage.records import OutboxItem

AGAIN = 0.05  # seconds before a mail that could not be stored is offered again


class MemoryReceiver:
    """Offers what was put into it until it is stored."""

    def __init__(self, accept: Accept) -> None:
        """`accept` stores and commits."""
        self._accept = accept
        self._waiting: deque[Received] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def put(self, mail: Received) -> None:
        """A message arrives; it waits while nobody receives."""
        with self._changed:
            self._waiting.append(mail)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many are not acknowledged."""
        with self._changed:
            return len(self._waiting)

    def start(self) -> None:
        """Receive in a thread."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what was begun."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def describe(self) -> str:
        """For the operator."""
        return "from memory"

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or bool(self._waiting))
                if self._stopping:
                    return
                mail = self._waiting[0]
            try:
                self._accept([mail])
            except Exception as error:  # the store is away: the mail stays
                get().warning("store_unavailable", error=type(error).__name__)
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, AGAIN)
            else:
                with self._changed:
                    self._waiting.popleft()


class MemorySender:
    """Keeps what is sent; `down` makes every try fail, as a mail server that is away."""

    def __init__(self) -> None:
        """Empty."""
        self.sent: list[OutboxItem] = []
        self.down = False

    def send(self, item: OutboxItem) -> None:
        """Keep it."""
        if self.down:
            raise TemporaryError("the mail server cannot be reached")
        self.sent.append(item)

    def close(self) -> None:
        """Nothing to close."""
