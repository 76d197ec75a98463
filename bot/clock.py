"""Time and ids, injected so that tests own them."""

from __future__ import annotations

import os
import time
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


def ordered_id() -> str:
    """A UUID-7 (RFC 9562, 5.7, with 12 bits below the millisecond): for rows by the million, which are then added at
    the end of each index and not all over it. It tells when it was made, and nothing else.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    drawn = 1 << 63 | int.from_bytes(os.urandom(8), "big") >> 2
    text = f"{milliseconds:012x}7{rest * 4096 // 1_000_000:03x}{drawn:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
