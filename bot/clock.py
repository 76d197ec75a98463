"""Time and ids, injected so that tests own them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
NewId = Callable[[], str]


def system_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random UUID-4 as text (ISO/IEC TS 27560 recommends it for record ids)."""
    return str(uuid.uuid4())
