"""DP05: one purpose and one channel per answer; "all" only beside single choices that look the same (GDPR 4(11))."""

from __future__ import annotations

from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Choice, Finding, Rendered
from bot.campaigns.lint.rules.equal_look import TOLERANCE

ID = "DP05"
CHANNELS = ("email", "sms", "phone", "post", "chat")


def check(message: Rendered) -> Iterator[Finding]:
    """Count what each answer covers."""
    single = [pair for pair in message.choices if pair.yes is not None and not pair.yes.to_all]
    for pair in single:
        yield from _covers(message, pair)
    everything = [pair for pair in message.choices if pair.yes is not None and pair.yes.to_all]
    for pair in everything:
        if len(single) < 2:
            yield Finding(ID, "all_alone", pair.where)
        elif _louder(pair, single):
            yield Finding(ID, "all_louder", pair.where)
    wanted = len(message.context.purposes) * len(message.context.channels)
    if message.nodes and wanted > len(single):
        yield Finding(ID, "too_few", f"{len(single)} / {wanted}")


def _covers(message: Rendered, pair: Choice) -> Iterator[Finding]:
    language, text = message.context.language, f"{pair.label} {pair.yes.text if pair.yes else ''}"
    named = [channel for channel in CHANNELS if words.find(text, language, channel)]
    if len(named) > 1:
        yield Finding(ID, "several_channels", pair.where, values={"what": ", ".join(named)})
    folded = words.fold(text)
    purposes = [purpose for purpose in message.context.purposes if words.fold(purpose) in folded]
    if len(purposes) > 1:
        yield Finding(ID, "several_purposes", pair.where, values={"what": ", ".join(purposes)})
    if len(message.choices) > 1 and not pair.label:
        yield Finding(ID, "unlabelled", pair.where)


def _louder(pair: Choice, single: list[Choice]) -> bool:
    """Does the answer to all take more room than the largest single one?"""
    assert pair.yes is not None  # noqa: S101 - chosen by it
    largest = max(each.yes.box.width * each.yes.box.height for each in single if each.yes is not None)
    font = max(each.yes.look.font for each in single if each.yes is not None)
    return pair.yes.box.width * pair.yes.box.height > (1 + TOLERANCE) * largest or pair.yes.look.font > font + 0.01
