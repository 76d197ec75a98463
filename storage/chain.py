"""Canonical hashing and sealing. Pure but for randomness; no database."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.records import ConsentEvent, LedgerEntry

SCHEMA_VERSION = 2  # 1: without provenance, valid_until and notice
GENESIS = "0" * 64


def derive(secret: bytes, use: str) -> bytes:
    """A 32-byte key for one use (RFC 5869)."""
    return HKDF(SHA256(), 32, None, f"consentry:{use}".encode()).derive(secret)


def seal(key: bytes, personal: Mapping[str, Any]) -> bytes:
    """AES-256-GCM, 12-byte random nonce first."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(dict(personal), sort_keys=True).encode(), None)


def unseal(key: bytes, sealed: bytes) -> dict[str, Any]:
    """What `seal` sealed; empty when the key does not fit (crypto-shredded)."""
    try:
        opened: dict[str, Any] = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))
    except InvalidTag:
        return {}
    return opened


def moment(value: datetime) -> str:
    """ISO 8601 in UTC: the same instant hashes the same, whatever zone it was given or read in."""
    return value.astimezone(UTC).isoformat()


def entry_hash(sequence: int, entry_id: str, event: ConsentEvent, sealed: bytes, recorded_at: datetime,
               previous: str, version: int = SCHEMA_VERSION) -> str:
    """SHA-256 over the canonical JSON of everything but the hash; personal data only as ciphertext."""
    body = {
        "sequence": sequence, "id": entry_id, "schema_version": version, "tag": event.tag, "party": event.party_id,
        "capacity": event.capacity, "purpose": event.purpose, "channel": event.channel, "before": event.status_before,
        "after": event.status_after, "occurred_at": moment(event.occurred_at), "recorded_at": moment(recorded_at),
        "actor": event.actor, "regime": event.regime, "decision": event.decision, "source": event.source_hash,
        "sealed": hashlib.sha256(sealed).hexdigest(), "previous": previous,
    }
    if version >= 2:
        body |= {"provenance": event.provenance, "notice": event.notice,
                 "valid_until": moment(event.valid_until) if event.valid_until else None}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def link(sequence: int, entry_id: str, event: ConsentEvent, sealed: bytes, recorded_at: datetime,
         previous: str) -> LedgerEntry:
    """The event as the next entry of the chain."""
    digest = entry_hash(sequence, entry_id, event, sealed, recorded_at, previous)
    return LedgerEntry(sequence, entry_id, SCHEMA_VERSION, event, sealed, recorded_at, previous, digest)
