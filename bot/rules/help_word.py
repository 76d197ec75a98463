"""HELP, AIDE and their like as the whole message: the sender wants to know what can be written here."""

import re
import unicodedata

from bot.messages import CheckContext, Fact, InboundMessage, RuleHit

FACT = Fact.HELP_WORD
WORDS = frozenset({"help", "info", "aide", "hilfe", "ayuda", "aiuto", "hulp", "ajuda", "pomoc"})


def check(message: InboundMessage, context: CheckContext) -> RuleHit | None:
    """One of the words, or a bare question mark; without case, accents or punctuation."""
    text = message.fresh_text.strip() or message.subject.strip()
    if len(text) > 40:
        return None
    bare = re.sub(r"[^\w]+", "", unicodedata.normalize("NFKD", text.lower()))
    asked = bare in WORDS or text == "?"
    return RuleHit(FACT, "the message is a call for help") if asked else None
