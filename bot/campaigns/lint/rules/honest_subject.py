"""DP12: the subject asks what the message asks (L34-5: no subject unrelated to the message; Flybe)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Rendered
from storage.records import ChannelKind

ID = "DP12"
LONG = 78  # characters: RFC 5322 2.1.1, and what clients show


def check(message: Rendered) -> Iterator[Finding]:
    """A question whether to go on receiving, and nothing that pretends to be something else."""
    if message.context.channel is not ChannelKind.EMAIL:
        return
    subject, language = message.subject, message.context.language
    if not subject:
        yield Finding(ID, "none", "Subject")
        return
    found = words.find(subject, language, "misleading")
    if found:
        yield Finding(ID, "misleading", repr(found))
    if "?" not in subject or not words.find(subject, language, "subject_ask"):
        yield Finding(ID, "asks_not", repr(subject[:120]))
    if len(subject) > LONG:
        yield Finding(ID, "long", str(len(subject)))
