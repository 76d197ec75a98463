"""Is the From domain vouched for? Only the topmost Authentication-Results of our own server counts (RFC 8601)."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.AUTHENTICATED
READ = 8_000  # characters of the field: a hostile one may be endless


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """A DMARC pass for the domain in From, stamped by our border server or verified by ourselves."""
    if message.sender is None or len(message.headers.all("From")) != 1 or message.several_authors:
        return None
    domain = message.sender.value.rpartition("@")[2]
    stamp = message.headers.get("Authentication-Results") or ""
    if authserv_id(stamp) in context.authserv_ids:
        passed = any(_passed(result, domain) for result in _plain(stamp).split(";")[1:])
        return RuleHit(FACT, "DMARC pass, stamped by our server (RFC 8601)", {"domain": domain}) if passed else None
    if context.verified.get("dmarc") == "pass" and context.verified.get("domain") == domain:
        return RuleHit(FACT, "DMARC pass, verified here (RFC 9989)", {"domain": domain})
    return None


def authserv_id(stamp: str) -> str:
    """Who wrote the field: its first word, before an optional version."""
    return next(iter(_plain(stamp).partition(";")[0].split()), "")


def _passed(result: str, domain: str) -> bool:
    """`dmarc=pass` with `header.from` of exactly this domain."""
    words = re.sub(r"\s*=\s*", "=", result.strip()).split()
    return bool(words) and words[0] in ("dmarc=pass", "dmarc/1=pass") and f"header.from={domain}" in words[1:]


def _plain(stamp: str) -> str:
    """Lower case; comments, which nest, are dropped, and what is quoted cannot end a result or forge one."""
    out: list[str] = []
    depth, quoted, skip = 0, False, False
    for mark in stamp[:READ].lower():
        if skip:
            skip = False
        elif mark == "\\":
            skip = True
        elif mark == '"' and not depth:
            quoted = not quoted
        elif mark == "(" and not quoted:
            depth += 1
        elif mark == ")" and depth and not quoted:
            depth -= 1
        elif not depth:
            out.append("_" if quoted and mark in "; =" else mark)
    return "".join(out)
