"""An unsubscribe that a mail client made: the body of RFC 8058, or a mail to our unsubscribe address (RFC 2369)."""

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.ONE_CLICK
BOX = "unsub"


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """The exact body that mail clients send, or `unsub+token@` one of our domains, whatever the text says."""
    if message.fresh_text.strip() == "List-Unsubscribe=One-Click":
        return RuleHit(FACT, "one-click body (RFC 8058)")
    domains = {address.rpartition("@")[2] for address in context.own_addresses}
    for recipient in (*message.envelope.rcpt_to, *message.recipients):
        local, _, domain = recipient.lower().rpartition("@")
        if local.partition("+")[0] == BOX and domain in domains:
            return RuleHit(FACT, "it was sent to the unsubscribe address (RFC 2369)")
    return None
