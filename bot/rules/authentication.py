"""Is the From domain vouched for? Only the topmost Authentication-Results of our own server counts (RFC 8601)."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.AUTHENTICATED
COMMENT = re.compile(r"\([^()]*\)")


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """A DMARC pass for the domain in From, stamped by our border server or verified by ourselves."""
    if message.sender is None or len(message.headers.all("From")) != 1:
        return None
    domain = message.sender.value.rpartition("@")[2]
    stamp = COMMENT.sub("", message.headers.get("Authentication-Results") or "").lower()
    server, *results = [part.strip() for part in stamp.split(";")]
    if server.split(" ")[0] in context.authserv_ids:
        passed = any(re.match(r"dmarc\s*=\s*pass\b", result) and
                     re.search(rf"header\.from\s*=\s*{re.escape(domain)}(?:\s|$)", result) for result in results)
        return RuleHit(FACT, "DMARC pass, stamped by our server (RFC 8601)", {"domain": domain}) if passed else None
    if context.verified.get("dmarc") == "pass" and context.verified.get("domain") == domain:
        return RuleHit(FACT, "DMARC pass, verified here (RFC 9989)", {"domain": domain})
    return None
