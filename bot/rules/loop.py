"""Our own mail came back."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.LOOP
HOPS = 50


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """Our X-Loop, too many hops, or our own address as sender, with or without a +token.

    `kind`: "own" when only the sender is ours, which a group that rewrites From makes of a person's mail; else "loop".
    """
    if context.loop_key and context.loop_key in message.headers.all("X-Loop"):
        return RuleHit(FACT, "it carries our own loop mark", {"kind": "loop"})
    if len(message.headers.all("Received")) >= HOPS:
        return RuleHit(FACT, f"{HOPS} hops or more", {"kind": "loop"})
    if message.sender and re.sub(r"\+[^@]*@", "@", message.sender.value) in context.own_addresses:
        return RuleHit(FACT, "its sender is our own address", {"kind": "own"})
    return None
