"""A mailing list's mail: nobody is asking us anything (RFC 2919, RFC 2369)."""

import re

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.LIST_TRAFFIC


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """List-Id, List-Post or Precedence: list; unless the list is our own address, a group that hands us our mail.

    The other List-* fields prove nothing: gateways and mail clients add them to what a person writes.
    """
    ids, posts = (tuple(filter(str.strip, message.headers.all(name))) for name in ("List-Id", "List-Post"))
    foreign = [value for value in ids if not _ours(value, context)]
    if not foreign and any(_ours(value, context) for value in (*ids, *posts)):
        return None
    if ids or posts:
        return RuleHit(FACT, "List-Id is set (RFC 2919)" if ids else "List-Post is set (RFC 2369)")
    given = (*message.headers.all("Precedence"), *message.headers.all("X-Precedence"))
    return RuleHit(FACT, "Precedence: list") if any(each.strip().lower() == "list" for each in given) else None


def _ours(value: str, context: CheckContext) -> bool:
    """`<privacy.shop.example>` or `<mailto:privacy@shop.example>` for our privacy@shop.example."""
    named = {each.removeprefix("mailto:").partition("?")[0] for each in re.findall(r"<([^<>\s]*)>", value.lower())}
    return any(own in named or own.replace("@", ".") in named for own in context.own_addresses)
