"""Who may ask what: bearer keys (RFC 6750) of which the settings hold only SHA-256.

The token has 256 random bits: nothing slower than SHA-256 is needed to store it, and nobody finds it by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from bot.web.api.problem import Problem

PREFIX = "consentry_"  # so that secret scanners find one that was published


class Scope(StrEnum):
    """What a key may do."""

    PERMISSIONS = "permissions"  # ask whether somebody may be contacted
    CHANGES = "changes"  # follow the change feed, acknowledge
    HANDLES = "handles"  # see in the feed under which handles a party is reached
    CALLS = "calls"  # record calls and attempts
    SUPPRESSION = "suppression"  # match handles against the suppression list


@dataclass(frozen=True, slots=True)
class Key:
    """`name` is the recipient's: acknowledgements are recorded under it. `digest`: sha256 hex of the token."""

    name: str
    digest: str
    scopes: frozenset[Scope]


def new_token() -> tuple[str, str]:
    """A token, and its sha256 hex for the settings."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    """sha256 hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def authorised(header: bytes | None, keys: Sequence[Key], scope: Scope) -> Key:
    """The key of an Authorization field. Raises Problem 401 or 403, and says no more. Every key is compared."""
    word, _, token = (header or b"").decode("latin-1").partition(" ")
    digest = digest_of(token.strip())
    found: Key | None = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    if found is None or word.lower() != "bearer":
        raise Problem(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    if scope not in found.scopes:
        raise Problem(HTTPStatus.FORBIDDEN)
    return found
