"""Facts, one small rule a file; the tuple is the order. Rules only find; `policy.decide` decides."""

from bot.messages import CheckContext, Findings, InboundMessage
from bot.rules import (
    asks_silence,
    authentication,
    auto_submitted,
    bounce,
    complaint,
    help_word,
    list_traffic,
    loop,
    named_handle,
    one_click,
    rate,
)

RULES = (bounce, complaint, loop, auto_submitted, list_traffic, asks_silence, one_click, rate, named_handle,
         help_word, authentication)


def check(message: InboundMessage, context: CheckContext) -> Findings:
    """Run every rule; hits and misses are both kept, so that a decision explains itself."""
    found = [(rule.FACT, rule.check(message, context)) for rule in RULES]
    return Findings(tuple(hit for _, hit in found if hit), tuple(fact for fact, hit in found if hit is None))
