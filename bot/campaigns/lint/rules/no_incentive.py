"""DP07: no prize, discount or draw tied to a yes (Flybe)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered

ID = "DP07"
OFF = re.compile(r"[-−–]\s?\d{1,3}\s?%|\b\d{1,3}\s?%")


def check(message: Rendered) -> Iterator[Finding]:
    """Words of gain, and percentages."""
    found = words.find(message.everything, message.context.language, "incentive")
    if found:
        yield Finding(ID, "incentive", repr(found))
    if off := OFF.search(message.everything[:words.MAX]):
        yield Finding(ID, "percent", repr(off[0]))
