"""Keys of one open store: derived once, party keys unwrapped once."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.chain import derive, seal, unseal
from storage.errors import WrongKey
from storage.records import Handle
from storage.signing import Signer

WRONG = ("The secret does not fit this store: give the one it was made with "
         "(secret or secret_file in the settings).")
CACHED = 4096  # party keys; some 200 bytes each


class Keys:
    """Wraps party keys and digests handles under the operator's secret (at least 32 bytes)."""

    def __init__(self, secret: bytes) -> None:
        """HKDF runs here, not per call."""
        self._wrapping = AESGCM(derive(secret, "party-key"))
        self._suppression = hmac.new(derive(secret, "suppression"), digestmod=hashlib.sha256)
        self._examples, self._archive = derive(secret, "example"), derive(secret, "archive")
        self.signer = Signer(secret)
        # keyed by the wrapped bytes: a row that was destroyed or replaced can never be answered from here
        self.unwrap = lru_cache(CACHED)(self._unwrap)

    def fresh(self) -> tuple[bytes, bytes]:
        """A new party key, and the same wrapped (AES-256-GCM, nonce first)."""
        key, nonce = os.urandom(32), os.urandom(12)
        return key, nonce + self._wrapping.encrypt(nonce, key, None)

    def _unwrap(self, wrapped: bytes) -> bytes:
        """The party's key. Raises WrongKey."""
        try:
            return self._wrapping.decrypt(wrapped[:12], wrapped[12:], None)
        except InvalidTag:
            raise WrongKey(WRONG) from None

    def seal_example(self, personal: Mapping[str, Any]) -> bytes:
        """What a person wrote, kept as an example (AES-256-GCM, nonce first)."""
        return seal(self._examples, personal)

    def open_example(self, sealed: bytes) -> Mapping[str, Any]:
        """What `seal_example` sealed. Raises WrongKey."""
        opened = unseal(self._examples, sealed)
        if not opened:
            raise WrongKey(WRONG)
        return opened

    def seal_archived(self, personal: Mapping[str, Any]) -> bytes:
        """What is kept of an erased person as proof (AES-256-GCM, nonce first)."""
        return seal(self._archive, personal)

    def open_archived(self, sealed: bytes) -> Mapping[str, Any]:
        """What `seal_archived` sealed. Raises WrongKey."""
        opened = unseal(self._archive, sealed)
        if not opened:
            raise WrongKey(WRONG)
        return opened

    def digest(self, handle: Handle) -> str:
        """HMAC-SHA-256 of a handle, hex: a plain hash of a phone number is found in minutes."""
        mac = self._suppression.copy()
        mac.update((handle.kind + ":" + handle.value).encode("utf-8", "surrogatepass"))
        return mac.hexdigest()
