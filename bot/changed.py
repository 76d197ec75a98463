"""Wakes whoever waits for the store to change, in threads and in event loops. Imports nothing of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Wake = Callable[[], object]


class Changed:
    """Told after each commit; what it wakes must not block. A hint only: the rows are the truth."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._guard = threading.Lock()
        self._listening: list[Wake] = []
        self.closed = False

    def tell(self) -> None:
        """Something was committed."""
        if not self._listening:
            return
        with self._guard:
            listening = list(self._listening)
        for wake in listening:
            with suppress(RuntimeError):  # an event loop that has ended has nobody waiting
                wake()

    def close(self) -> None:
        """We are stopping: who waits is woken and must not wait again."""
        self.closed = True
        self.tell()

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._listening)

    @contextmanager
    def listening(self, wake: Wake) -> Iterator[None]:
        """`wake` is called at each change until the end."""
        with self._guard:
            self._listening.append(wake)
        try:
            yield
        finally:
            with self._guard:
                self._listening.remove(wake)
