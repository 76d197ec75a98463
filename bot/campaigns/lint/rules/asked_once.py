"""DP08: asked once, and one reminder at least a week later at most; the message says that it is not repeated."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered
from storage.records import ChannelKind

ID = "DP08"
WEEK = 7  # days


def check(message: Rendered) -> Iterator[Finding]:
    """The plan's reminders, and the words. Who said no before is the eligibility's business."""
    reminders, language = message.context.reminders, message.context.language
    if len(reminders) > 1:
        yield Finding(ID, "reminders", str(len(reminders)))
    if any(days < WEEK for days in reminders):
        yield Finding(ID, "reminder_soon", str(min(reminders)))
    for name, text in message.parts:
        rest = words.pattern(language, "not_again").sub(" ", words.fold(text))  # "not ... again" holds "... again"
        found = words.find(rest, language, "asks_again")
        if found:
            yield Finding(ID, "asks_again", f"{name}: {found!r}")
        if message.context.channel is not ChannelKind.SMS and not words.find(text, language, "not_again"):
            yield Finding(ID, "not_again_unsaid", name)
