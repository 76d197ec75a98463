"""What every verb needs: where the settings are, the store they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.bootstrap import open_storage
from bot.settings import load
from storage.store import Store

Config = Annotated[Path, typer.Option("--config", "-c", help="The settings file.")]
DEFAULT = Path("consentry.toml")


@contextmanager
def opened(config: Path, *, read_only: bool = False) -> Iterator[Store]:
    """The store of these settings, closed at the end. `read_only`: neither made nor migrated, and never written."""
    store = open_storage(load(config), read_only=read_only)
    try:
        yield store
    finally:
        store.close()
