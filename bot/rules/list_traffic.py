"""Mailing-list or bulk mail: nobody is asking us anything (RFC 2919, RFC 2369)."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.LIST_TRAFFIC
NAMES = ("List-Id", "List-Post", "List-Unsubscribe")


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """A List-* field or a bulk Precedence."""
    name = next((name for name in NAMES if message.headers.get(name)), None)
    if name:
        return RuleHit(FACT, f"{name} is set")
    precedence = (message.headers.get("Precedence") or "").strip().lower()
    return RuleHit(FACT, f"Precedence: {precedence}") if precedence in ("bulk", "list", "junk") else None
