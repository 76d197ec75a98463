"""Our own DKIM, SPF and DMARC verification, for operators whose border server stamps nothing (RFC 6376, 7208, 9989)."""

from __future__ import annotations

import dkim

from bot import dmarc, spf
from bot.dns import Resolver, TemporaryFailure
from bot.messages import Envelope

SIGNATURES = 5  # more are not looked at: each costs a question and a verification
SMALLEST = 1024  # bits of an RSA key (RFC 8301)


def verify(raw: bytes, envelope: Envelope, sender_domain: str, resolver: Resolver) -> dict[str, str]:
    """Results by method, and the From domain they are about. Never raises; temperror when DNS does not answer."""
    found = {"dkim": "none", "spf": "none", "dmarc": "none", "domain": sender_domain}
    try:
        looked, signers = _signatures(raw, resolver)
        found["dkim"] = "pass" if signers else "fail" if looked else "none"
        found["spf"], by = spf.check(envelope.peer, envelope.mail_from, envelope.helo, resolver)
        if "temperror" in found.values():
            raise TemporaryFailure
        vouched = [("dkim", domain) for domain in signers]
        vouched += [("spf", by)] if found["spf"] == "pass" else []
        found["dmarc"] = dmarc.evaluate(sender_domain, vouched, resolver) if vouched else "fail"
    except TemporaryFailure:
        found["dmarc"] = "temperror"
    return found


def _signatures(raw: bytes, resolver: Resolver) -> tuple[int, list[str]]:
    """How many were looked at, and the domains of those that hold. Raises TemporaryFailure."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
    count = min(head.startswith(b"dkim-signature:") + head.count(b"\ndkim-signature:"), SIGNATURES)
    domains = [_signer(raw, index, resolver) for index in range(count)]
    return count, [domain for domain in domains if domain]


def _signer(raw: bytes, index: int, resolver: Resolver) -> str | None:
    """The domain of one signature, when it holds for From and for the whole body."""

    def key(name: bytes, timeout: float = 3) -> bytes | None:
        records = resolver.txt(name.decode("ascii", "replace").rstrip("."))
        return records[0].encode() if records else None

    try:
        reader = dkim.DKIM(raw, minkey=SMALLEST)
        holds = reader.verify(index, dnsfunc=key)
        fields = reader.signature_fields
        signed = [name.strip().lower() for name in fields[b"h"].split(b":")]
        if holds and b"from" in signed and b"l" not in fields:  # l= lets anybody append a text of theirs
            return str(fields[b"d"].decode("ascii").lower())
    except (dkim.DKIMException, ValueError, TypeError, LookupError):
        pass  # it does not hold, for one of the many reasons a hostile header can have
    return None
