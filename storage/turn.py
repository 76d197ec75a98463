"""A first come, first served lock: SQLite has one writer, and its own busy handler sleeps and forgets who waits."""

from __future__ import annotations

import threading
from collections import deque


class Turn:
    """Writers of one process take turns in the order they came; a plain lock lets a busy loop starve the rest."""

    def __init__(self) -> None:
        """Free."""
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def take(self, timeout: float) -> bool:
        """Wait for it, at most `timeout` seconds; False when it did not come."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._guard:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # it was handed over while we gave up

    def give(self) -> None:
        """Hand it to who has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
