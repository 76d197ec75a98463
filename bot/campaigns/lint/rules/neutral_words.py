"""DP06: neutral words: no shaming, no urgency, no countdown (EDPB 03/2022, emotional steering)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered

ID = "DP06"
CLOCK = re.compile(r"\b\d{1,2}:\d{2}:\d{2}\b|\b(?:48|24|12) ?h\b")
LOUD = re.compile(r"!\s?!|[⏰⏳😢😭😥💔🥺🎉🎁🔥]")


def check(message: Rendered) -> Iterator[Finding]:
    """Everything that is said, hidden words and both answers included."""
    language = message.context.language
    said = "\n".join((message.everything, *(control.text for control in message.controls)))
    for kind in ("urgency", "shaming"):
        found = words.find(said, language, kind)
        if found:
            yield Finding(ID, kind, repr(found))
    if clock := CLOCK.search(said):
        yield Finding(ID, "countdown", repr(clock[0]))
    if loud := LOUD.search(said):
        yield Finding(ID, "emotion", repr(loud[0]))
    for control in message.controls:
        if control.polarity != "other" and "!" in control.text:
            yield Finding(ID, "emotion", repr(control.text))
