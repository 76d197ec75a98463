"""This sender had enough answers for now (RFC 3834 2: at most so many per period)."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.TOO_OFTEN


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """The budget is spent: what is asked is still done, only the answer is saved."""
    if context.recent_replies >= context.reply_budget:
        return RuleHit(FACT, f"{context.recent_replies} answers within the period")
    return None
