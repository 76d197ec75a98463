"""Tells who waits in this process of what other processes have committed: they cannot wake us themselves."""

from __future__ import annotations

import threading

from bot.changed import Changed
from bot.log import get
from storage.unit_of_work import UnitOfWorkFactory

SWEEP = 1.0  # seconds between looks, while somebody waits


class Watch:
    """A thread that looks at the newest sequence of the ledger."""

    def __init__(self, reader: UnitOfWorkFactory, changed: Changed) -> None:
        """Nothing is started."""
        self._reader, self._changed = reader, changed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def start(self) -> None:
        """Look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _look(self) -> None:
        seen = -1
        while not self._stopping.wait(SWEEP):
            if not self._changed.heard:
                continue
            try:
                with self._reader() as uow:
                    newest = uow.changes.newest()
            except Exception:  # the store may be away for a moment
                get().warning("watch_failed")
                continue
            if newest != seen:
                seen = newest
                self._changed.tell()
