"""A one-click unsubscribe body (RFC 8058 3.1)."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.ONE_CLICK


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """The exact body that mail clients send."""
    if message.fresh_text.strip() == "List-Unsubscribe=One-Click":
        return RuleHit(FACT, "one-click body (RFC 8058)")
    return None
