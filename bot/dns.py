"""DNS as far as mail authentication needs it: bounded in time, remembered for a while, off-line in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import dns.exception
import dns.resolver
import idna


class TemporaryFailure(Exception):
    """The answer is not known now: never a pass, and never a fail."""


class Resolver(Protocol):
    """Each gives () when the name or the type does not exist. Raises TemporaryFailure."""

    def txt(self, name: str) -> Sequence[str]:
        """TXT records, the strings of each joined."""

    def addresses(self, name: str) -> Sequence[str]:
        """IPv4 and IPv6 addresses in text form."""

    def mx(self, name: str) -> Sequence[str]:
        """Names of the mail exchangers, in no order."""


class SystemResolver:
    """Through the machine's resolver, or the servers given. Safe to share between threads."""

    def __init__(self, servers: Sequence[str] = (), timeout: float = 3.0) -> None:
        """`timeout`: seconds for one question with all its tries."""
        self._resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = list(servers)
        self._resolver.lifetime, self._resolver.cache = timeout, dns.resolver.LRUCache(2000)

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            wanted = name if name.isascii() else idna.encode(name, uts46=True).decode()
            return list(self._resolver.resolve(f"{wanted.rstrip('.')}.", kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.SyntaxError, dns.exception.FormError, ValueError):
            return []  # no such name can exist
        except (dns.exception.DNSException, OSError) as error:
            raise TemporaryFailure(type(error).__name__) from error

    def txt(self, name: str) -> Sequence[str]:
        """TXT records, the strings of each joined."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def addresses(self, name: str) -> Sequence[str]:
        """IPv4 and IPv6 addresses in text form."""
        return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def mx(self, name: str) -> Sequence[str]:
        """Names of the mail exchangers, in no order."""
        return [record.exchange.to_text(omit_final_dot=True) for record in self._ask(name, "MX")]


class Zone:
    """Names held in memory: {name: {"TXT" | "A" | "MX": values}}; a name mapped to None is out of reach."""

    def __init__(self, names: Mapping[str, Mapping[str, Sequence[str]] | None]) -> None:
        """Names in lower case without the last dot."""
        self._names = names
        self.asked: list[str] = []

    def _ask(self, name: str, kind: str) -> Sequence[str]:
        self.asked.append(name)
        known = self._names.get(name.lower().rstrip("."), {})
        if known is None:
            raise TemporaryFailure("out of reach")
        return known.get(kind, ())

    def txt(self, name: str) -> Sequence[str]:
        """TXT records."""
        return self._ask(name, "TXT")

    def addresses(self, name: str) -> Sequence[str]:
        """Addresses."""
        return self._ask(name, "A")

    def mx(self, name: str) -> Sequence[str]:
        """Mail exchangers."""
        return self._ask(name, "MX")
