"""Our own mail came back."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.LOOP
HOPS = 50


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Our X-Loop, our own address as sender, or too many hops."""
    if context.loop_key and context.loop_key in message.headers.all("X-Loop"):
        return RuleHit(FACT, "it carries our own loop mark")
    if message.sender and message.sender.value in context.own_addresses:
        return RuleHit(FACT, "its sender is our own address")
    if len(message.headers.all("Received")) >= HOPS:
        return RuleHit(FACT, f"{HOPS} hops or more")
    return None
