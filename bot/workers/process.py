"""Decide what is pending."""

from __future__ import annotations

from bot.gather import Services
from bot.pipeline import process_next


def drain(services: Services) -> int:
    """Decide until nothing is left to take; returns how many were decided.

    `process_next` also gives None for an item that raised: go on while the number pending still falls.
    """
    done, left = 0, -1
    while True:
        if process_next(services) is not None:
            done += 1
            continue
        with services.store() as uow:
            pending = uow.inbox.pending()
        if pending in (0, left):
            return done
        left = pending
