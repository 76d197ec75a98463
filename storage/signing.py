"""Signed checkpoints: what is signed, with which key, and how anybody checks it (Ed25519, RFC 8032). No database."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from storage.chain import GENESIS, derive, moment
from storage.records import SignedCheckpoint


def key_id(public_key: bytes) -> str:
    """How a key is called: sha256 hex of its 32 raw bytes."""
    return hashlib.sha256(public_key).hexdigest()


class Signer:
    """The store's signing key, derived from its secret: the same secret signs with the same key."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: at least 32 bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(derive(secret, "checkpoint"))
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)

    def sign(self, said: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(said)

    def checkpoint(self, sequence: int, digest: str, root: str, previous: SignedCheckpoint | None,
                   at: datetime) -> SignedCheckpoint:
        """What the ledger says up to `sequence`, signed; `previous` is the checkpoint before."""
        told = SignedCheckpoint(sequence, digest, root, digest_of(previous), at, self.key_id, b"")
        return SignedCheckpoint(sequence, digest, root, told.previous, at, self.key_id, self.sign(body(told)))


def body(checkpoint: SignedCheckpoint) -> bytes:
    """What is signed: canonical JSON of everything but the signature (ASCII, names in order, no spaces)."""
    return json.dumps({
        "sequence": checkpoint.sequence, "hash": checkpoint.hash, "root": checkpoint.root,
        "previous": checkpoint.previous, "at": moment(checkpoint.at), "key_id": checkpoint.key_id,
    }, sort_keys=True, separators=(",", ":")).encode()


def digest_of(checkpoint: SignedCheckpoint | None) -> str:
    """What the checkpoint after it says as `previous`: sha256 hex of what was signed; 64 zeros when there is none."""
    return GENESIS if checkpoint is None else hashlib.sha256(body(checkpoint)).hexdigest()


def signed_by(public_key: bytes, signature: bytes, said: bytes) -> bool:
    """Whether the holder of that key signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, said)
    except (InvalidSignature, ValueError):
        return False
    return True


def pem(public_key: bytes) -> str:
    """The key as others read it: SubjectPublicKeyInfo in PEM (RFC 8410)."""
    return Ed25519PublicKey.from_public_bytes(public_key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def of_pem(text: bytes) -> bytes:
    """The 32 raw bytes of a key in PEM. Raises ValueError when it is no Ed25519 key."""
    found = load_pem_public_key(text)
    if not isinstance(found, Ed25519PublicKey):
        raise ValueError("it is not an Ed25519 key")
    return found.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Witness:
    """A checkpoint with the key that is said to have signed it."""

    checkpoint: SignedCheckpoint
    public_key: bytes

    def fault(self) -> str | None:
        """What is wrong with it by itself; None when its key signed it."""
        if key_id(self.public_key) != self.checkpoint.key_id:
            return "the checkpoint names another key than the one beside it"
        if not signed_by(self.public_key, self.checkpoint.signature, body(self.checkpoint)):
            return "the signature of the checkpoint does not fit"
        return None
