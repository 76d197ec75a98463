"""DP15: taking back is as easy as giving, in the same medium (GDPR 7(3); Caloga)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered

ID = "DP15"


def check(message: Rendered) -> Iterator[Finding]:
    """A way by reply or link in each part, and no way that costs a letter, a call or a login."""
    language = message.context.language
    for name, text in message.parts:
        if not words.find(text, language, "withdraw"):
            yield Finding(ID, "unsaid", name)
        for sentence in text[:words.MAX].replace("\n", ". ").split(". "):
            harder = words.find(sentence, language, "harder")
            if harder and words.find(sentence, language, "withdraw"):
                yield Finding(ID, "harder", f"{name}: {harder!r}")
