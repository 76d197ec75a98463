"""Decide what is pending."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.gather import Services
from bot.log import get
from bot.pipeline import process_next


def drain(services: Services, decided: Callable[[], object] = lambda: None,
          stopping: Callable[[], bool] = lambda: False) -> int:
    """Decide until nothing is left to take or we are stopping; returns how many, and calls `decided` after each.

    `process_next` also gives None for an item that raised: go on while the number pending still falls.
    """
    done, left = 0, -1
    while not stopping():
        began = time.perf_counter()
        explanation = process_next(services)
        if explanation is not None:
            get().info("decided", item=explanation.message.inbox_id, row=explanation.decision.row,
                       hold=explanation.decision.hold, ms=round(1000 * (time.perf_counter() - began), 1))
            done += 1
            decided()
            continue
        with services.store() as uow:
            pending = uow.inbox.pending()
        if pending in (0, left):
            break
        left = pending
    return done
