"""The only composition root: settings in, wired services out. What only the line needs is imported when it is built."""

from __future__ import annotations

from bot.clock import new_id, system_clock
from bot.settings import Settings
from storage.store import Store, open_store


def open_storage(settings: Settings) -> Store:
    """The consent store, migrated."""
    store = open_store(settings.storage.url, secret=settings.key, clock=system_clock, new_id=new_id)
    store.migrate()
    return store
