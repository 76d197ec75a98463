"""Sender Policy Framework (RFC 7208): may this address send for this domain?"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

from bot.dns import Resolver, TemporaryFailure

LOOKUPS, VOID, NAMES = 10, 2, 10  # limits of RFC 7208 4.6.4
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
MACRO = re.compile(r"%(?:\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}|([%_\-]))", re.I)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Permanent(Exception):
    """The published record is wrong."""


@dataclass(slots=True)
class _Check:
    """One evaluation, with what it has asked so far."""

    ip: Address
    sender: str
    helo: str
    resolver: Resolver
    lookups: int = 0
    void: int = 0

    def host(self, domain: str) -> str:
        """check_host() of RFC 7208 section 4: a result word; raises _Permanent and TemporaryFailure."""
        records = [text for text in self.resolver.txt(domain) if re.match(r"v=spf1(?: |$)", text, re.I)]
        if not records:
            return "none"
        if len(records) > 1:
            raise _Permanent
        terms = records[0].split()[1:]
        for term in terms:
            if "=" in term.partition(":")[0]:
                continue
            qualifier, matched = self._matches(term, domain)
            if matched:
                return RESULTS[qualifier or "+"]
        redirect = [term[9:] for term in terms if term.lower().startswith("redirect=")]
        if not redirect:
            return "neutral"
        self._count()
        found = self.host(self._expand(redirect[0], domain))
        if found == "none":
            raise _Permanent
        return found

    def _matches(self, term: str, domain: str) -> tuple[str, bool]:
        qualifier = term[0] if term[0] in RESULTS else ""
        name, _, value = term[len(qualifier):].partition(":")
        name, slash, rest = name.partition("/")
        kind, value = name.lower(), value or (f"/{rest}" if slash else "")
        if kind == "all":
            return qualifier, True
        if kind in ("ip4", "ip6"):
            return qualifier, self._inside(value)
        if kind not in ("include", "a", "mx", "exists", "ptr"):
            raise _Permanent
        self._count()
        target, _, prefix = value.partition("/")
        target = self._expand(target, domain) if target else domain
        if kind == "include":
            found = self.host(target)
            if found == "none":
                raise _Permanent
            return qualifier, found == "pass"
        if kind == "exists":
            return qualifier, any("." in each for each in self._addresses(target))
        if kind == "ptr":
            return qualifier, False  # RFC 7208 5.5: do not use; a reverse lookup proves little
        hosts = [target] if kind == "a" else self._exchangers(target)
        return qualifier, any(self._near(each, prefix) for host in hosts for each in self._addresses(host))

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > LOOKUPS:
            raise _Permanent

    def _answered(self, found: list[str]) -> list[str]:
        self.void += not found
        if self.void > VOID:
            raise _Permanent
        return found

    def _addresses(self, name: str) -> list[str]:
        return self._answered(list(self.resolver.addresses(name)))

    def _exchangers(self, name: str) -> list[str]:
        found = self._answered(list(self.resolver.mx(name)))
        if len(found) > NAMES:
            raise _Permanent
        return found

    def _near(self, address: str, prefix: str) -> bool:
        """Same network; `prefix` is "24", "24//64" or "/64" (the part after the first slash)."""
        four, _, six = prefix.partition("//") if "//" in prefix else (
            ("", "", prefix[1:]) if prefix.startswith("/") else (prefix, "", ""))
        length = (four or "32") if self.ip.version == 4 else (six or "128")
        other = ipaddress.ip_address(address)
        return other.version == self.ip.version and self._inside(f"{address}/{length}")

    def _inside(self, network: str) -> bool:
        try:
            return self.ip in ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise _Permanent from None

    def _expand(self, text: str, domain: str) -> str:
        """Macros (RFC 7208 section 7)."""
        local, _, of = self.sender.rpartition("@")
        dotted = ".".join(self.ip.exploded.replace(":", "")) if self.ip.version == 6 else str(self.ip)
        values = {"s": self.sender, "l": local or "postmaster", "o": of, "d": domain, "i": dotted, "h": self.helo,
                  "p": "unknown", "v": "in-addr" if self.ip.version == 4 else "ip6", "c": str(self.ip)}

        def one(found: re.Match[str]) -> str:
            letter, digits, reverse, marks, escape = found.groups()
            if escape:
                return {"%": "%", "_": " ", "-": "%20"}[escape]
            parts = re.split(f"[{re.escape(marks or '.')}]", values.get(letter.lower(), ""))
            parts = parts[::-1] if reverse else parts
            kept = ".".join(parts[-int(digits):] if digits and int(digits) else parts)
            return quote(kept, safe="") if letter.isupper() else kept

        if "%" in MACRO.sub("", text):
            raise _Permanent
        expanded = MACRO.sub(one, text)
        while len(expanded) > 253:
            expanded = expanded.partition(".")[2]
        return expanded


def check(peer: str | None, mail_from: str | None, helo: str, resolver: Resolver) -> tuple[str, str]:
    """(result, domain): pass, fail, softfail, neutral, none, temperror or permerror, for MAIL FROM or else HELO.

    `none` too when the peer is unknown or not a public address: then it is our own border server, not the sender's.
    """
    sender = mail_from or (f"postmaster@{helo}" if helo else "")
    domain = sender.rpartition("@")[2].lower()
    try:
        ip = ipaddress.ip_address(peer or "")
    except ValueError:
        return "none", domain
    if not ip.is_global or "." not in domain:
        return "none", domain
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    try:
        return _Check(ip, sender, helo, resolver).host(domain), domain
    except _Permanent:
        return "permerror", domain
    except TemporaryFailure:
        return "temperror", domain
