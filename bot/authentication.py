"""Our own DKIM and DMARC verification, for operators whose border server stamps nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import dkim

from bot.messages import Envelope


class Resolver(Protocol):
    """DNS as far as mail authentication needs it."""

    def txt(self, name: str) -> Sequence[str]:
        """TXT records of a name; empty when there are none or DNS is down."""


def verify(raw: bytes, envelope: Envelope, sender_domain: str, resolver: Resolver) -> dict[str, str]:
    """DKIM, then DMARC alignment by DKIM (strict or a parent domain with a DMARC record). SPF is not read here."""
    def lookup(name: bytes, timeout: float = 3) -> bytes | None:
        records = resolver.txt(name.decode("ascii").rstrip("."))
        return records[0].encode() if records else None

    try:
        passed = bool(dkim.verify(raw, dnsfunc=lookup))
    except (dkim.DKIMException, ValueError, UnicodeError):
        passed = False
    if not passed:
        return {"dkim": "fail", "dmarc": "fail", "domain": sender_domain}
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].decode("latin-1")
    signed = re.search(r"^DKIM-Signature:.*?\bd\s*=\s*([^;\s]+)", head, re.I | re.S | re.M)
    by = signed.group(1).lower() if signed else ""
    aligned = by == sender_domain or (sender_domain.endswith(f".{by}") and bool(resolver.txt(f"_dmarc.{by}")))
    return {"dkim": "pass", "dmarc": "pass" if aligned else "fail", "domain": sender_domain}
