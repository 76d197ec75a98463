"""DP09: who asks, why, what and how often, source of the address, how long, how to withdraw, the notice.

GDPR 4(11), 13, 14; Code de la consommation R223-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered
from storage.records import ChannelKind

ID = "DP09"
SAID = ("why", "source", "duration", "often", "withdraw")
LINK = re.compile(r"https?://[^\s<>\"]{4,}", re.I)


def check(message: Rendered) -> Iterator[Finding]:
    """Each part says all of it; an SMS says who and how to stop, and its link the rest."""
    for name, text in message.parts:
        if not _named(message, text):
            yield Finding(ID, "who", name)
        short = message.context.channel is ChannelKind.SMS
        for item in ("withdraw",) if short else SAID:
            if not words.find(text, message.context.language, item):
                yield Finding(ID, item, name)
        if not _notice(message, name, text):
            yield Finding(ID, "notice", name)
        folded = words.fold(text)
        for thing in message.context.purposes + message.context.channels:
            if words.fold(thing) not in folded and not short:
                yield Finding(ID, "what", name, values={"what": thing})


def _named(message: Rendered, text: str) -> bool:
    if message.context.sender:
        return words.fold(message.context.sender) in words.fold(text)
    if message.context.channel is ChannelKind.SMS:
        return re.match(r"\s*[\w .&'-]{2,30}\s?:", text) is not None
    return bool(words.find(text, message.context.language, "who"))


def _notice(message: Rendered, name: str, text: str) -> bool:
    """A link that says it leads to the notice; in a text, the words and an address on one line."""
    language = message.context.language
    if name == "HTML":
        return any(control.kind == "link" and LINK.match(control.href) and words.find(control.text, language, "notice")
                   for control in message.controls)
    return any(LINK.search(line) and words.find(line, language, "notice") for line in text.splitlines()[:2_000])
