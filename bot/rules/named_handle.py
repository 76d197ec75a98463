"""The text names an e-mail address that is neither the sender's nor ours: whose mail is it about?"""

import re

from bot.contact_points import email_as_written
from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.NAMED_HANDLE
ADDRESS = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
READ = 20_000  # characters: an address that matters is near the request


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """The one other address in the person's own words; several are a list, which a person must read."""
    ours = context.own_addresses | {message.sender.value if message.sender else ""}
    found = dict.fromkeys(email_as_written(each) or each for each in ADDRESS.findall(message.fresh_text[:READ]))
    named = [each for each in found if re.sub(r"\+[^@]*@", "@", each) not in ours and each not in ours]
    if not named:
        return None
    data = {"handle": named[0]} if len(named) == 1 else {}
    return RuleHit(FACT, "one other address is named" if data else f"{len(named)} other addresses are named", data)
