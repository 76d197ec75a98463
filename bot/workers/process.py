"""Decide what is pending."""

from __future__ import annotations

from collections.abc import Callable

from bot.gather import Services
from bot.pipeline import process_next


def drain(services: Services, decided: Callable[[], object] = lambda: None,
          stopping: Callable[[], bool] = lambda: False) -> int:
    """Decide until nothing is left to take or we are stopping; returns how many, and calls `decided` after each.

    `process_next` also gives None for an item that raised: go on while the number pending still falls.
    """
    done, left = 0, -1
    while not stopping():
        if process_next(services) is not None:
            done += 1
            decided()
            continue
        with services.store() as uow:
            pending = uow.inbox.pending()
        if pending in (0, left):
            break
        left = pending
    return done
