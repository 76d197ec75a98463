"""A thread of its own beside a worker's jobs: what is slow must hold up none of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.log import get

RARELY = 60.0  # seconds between two calls


@contextmanager
def beside(name: str, step: Callable[[Callable[[], bool]], object]) -> Iterator[None]:
    """Call `step` now and then, telling it how to see that we are stopping; what it raises is logged."""
    stop = threading.Event()

    def forever() -> None:
        while not stop.is_set():
            try:
                step(stop.is_set)
            except Exception:  # the store may be away; the rows are still there
                get().exception("worker_failed", worker=name)
            stop.wait(RARELY)

    thread = threading.Thread(target=forever, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)
