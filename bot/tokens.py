"""Signed, versioned, purpose-bound, expiring tokens that survive an address's local part (lower case, base32)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Sequence
from datetime import timedelta

from bot.clock import Clock

VERSION = 1
MAC = 16  # bytes of HMAC-SHA-256 kept


class Tokens:
    """The first key signs; every key verifies, so that keys can be rotated."""

    def __init__(self, keys: Sequence[bytes], clock: Clock) -> None:
        """Keys of at least 32 bytes."""
        self._keys, self._clock = tuple(keys), clock

    def _mac(self, key: bytes, purpose: str, body: bytes) -> bytes:
        return hmac.new(key, b"consentry-token\0" + purpose.encode() + b"\0" + body, hashlib.sha256).digest()[:MAC]

    def sign(self, purpose: str, subject: str, ttl: timedelta) -> str:
        """A token for `subject`, valid for `ttl`."""
        expires = int((self._clock() + ttl).timestamp())
        body = struct.pack(">BI", VERSION, expires) + subject.encode()
        return base64.b32encode(body + self._mac(self._keys[0], purpose, body)).decode().rstrip("=").lower()

    def verify(self, token: str, purpose: str) -> str | None:
        """The subject, or None for anything forged, expired, malformed or meant for another purpose."""
        try:
            whole = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
            body, mac = whole[:-MAC], whole[-MAC:]
            version, expires = struct.unpack(">BI", body[:5])
            subject = body[5:].decode()
        except (ValueError, struct.error):
            return None
        good = any(hmac.compare_digest(mac, self._mac(key, purpose, body)) for key in self._keys)
        if not good or version != VERSION or expires < self._clock().timestamp():
            return None
        return subject
