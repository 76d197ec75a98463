"""DMARC (RFC 9989): is the domain in From the one that DKIM or SPF vouches for? Organisational domains by tree walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.dns import Resolver

DEPTH = 8  # RFC 9989 4.10: no more than eight questions for a name


def record(domain: str, resolver: Resolver) -> Mapping[str, str] | None:
    """Tags of the one DMARC record at this domain; None when there is none, or more than one."""
    found = [text for text in resolver.txt(f"_dmarc.{domain}") if text.replace(" ", "").lower().startswith("v=dmarc1")]
    if len(found) != 1:
        return None
    pairs = (part.partition("=") for part in found[0].split(";") if "=" in part)
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def _walk(domain: str) -> Iterator[str]:
    """The domain, then its parents; a long name is cut to seven labels at once."""
    labels = domain.split(".")
    yield domain
    labels = labels[-(DEPTH - 1):] if len(labels) > DEPTH else labels[1:]
    while labels:
        yield ".".join(labels)
        labels = labels[1:]


def organisational(domain: str, resolver: Resolver) -> str:
    """The organisational domain (RFC 9989 4.10.2). Raises TemporaryFailure."""
    best, below = domain, domain
    for name in _walk(domain):
        tags = record(name, resolver)
        if tags is not None:
            if tags.get("psd") == "n":
                return name
            if tags.get("psd") == "y" and name != domain:
                return below
            best = name
        below = name
    return best


def evaluate(domain: str, vouched: Sequence[tuple[str, str]], resolver: Resolver) -> str:
    """pass, fail or none (no policy is published). `vouched`: ("dkim" or "spf", domain) that passed.

    Raises TemporaryFailure.
    """
    root = organisational(domain, resolver)
    policy = record(domain, resolver) or record(root, resolver)
    if policy is None:
        return "none"
    for method, by in vouched:
        strict = policy.get("adkim" if method == "dkim" else "aspf") == "s"
        if by == domain or (not strict and organisational(by, resolver) == root):
            return "pass"
    return "fail"
