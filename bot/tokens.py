"""Signed, versioned, purpose-bound, expiring tokens that fit in an address's local part.

A local part has at most 64 octets (RFC 5321 4.5.3.1.1), and mail servers change its case: so a token names the id of a
row of ours (a UUID), not an address, and is base32. 48 characters: `privacy+<token>@` has 56.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import uuid
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from bot.clock import Clock

VERSION = 1
MAC = 10  # bytes of HMAC-SHA-256 kept: 80 bits, guessed on line only
HOUR = 3600
HEAD = struct.Struct(">BBH16s")  # version, then hours since 1970 in three bytes, then the id
LENGTH = 48


class Tokens:
    """The first key signs; every key verifies, so that keys can be rotated."""

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        """Keys of at least 32 bytes."""
        self._keys, self._clock = tuple(keys), clock

    def _mac(self, key: bytes, purpose: str, body: bytes) -> bytes:
        return hmac.new(key, b"consentry-token\0" + purpose.encode() + b"\0" + body, hashlib.sha256).digest()[:MAC]

    def sign(self, purpose: str, subject: str, ttl: timedelta) -> str:
        """A token for the row `subject`, valid for `ttl`, in lower case. Raises ValueError when it is no UUID."""
        hours = ceil((self._clock() + ttl).timestamp() / HOUR)
        body = HEAD.pack(VERSION, hours >> 16, hours & 0xFFFF, uuid.UUID(subject).bytes)
        return base64.b32encode(body + self._mac(self._keys[0], purpose, body)).decode().lower()

    def verify(self, token: str, purpose: str) -> str | None:
        """The row's id, or None for anything forged, expired, malformed or meant for another purpose."""
        if len(token) != LENGTH or not token.isascii():
            return None
        try:
            whole = base64.b32decode(token.upper())
        except ValueError:
            return None
        body, mac = whole[:-MAC], whole[-MAC:]
        version, high, low, row = HEAD.unpack(body)
        good = any(hmac.compare_digest(mac, self._mac(key, purpose, body)) for key in self._keys)
        if not good or version != VERSION or (high << 16 | low) * HOUR < self._clock().timestamp():
            return None
        return str(uuid.UUID(bytes=row))
