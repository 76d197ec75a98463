"""DP01: yes and no are both there, of the same kind, in the same place, at the same reading level (Hubside)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Choice, Control, Finding, Rendered, Severity
from storage.records import ChannelKind

ID = "DP01"
LONG = 12  # words of an answer
BETWEEN = 3  # words
GAP = 160.0  # pixels: two buttons, one above the other, are closer
NEAR = 4  # lines between the two answers of a text


def check(message: Rendered) -> Iterator[Finding]:
    """Each yes has its no beside it, in the HTML and in the text."""
    if message.nodes and not any(pair.yes for pair in message.choices):
        yield Finding(ID, "no_choice", "HTML")
    for pair in message.choices:
        yield from _pair(pair)
    if message.text.strip() and not _in_text(message):
        yield Finding(ID, "no_choice", "text" if message.context.channel is ChannelKind.EMAIL
                      else str(message.context.channel))


def _pair(pair: Choice) -> Iterator[Finding]:
    if pair.yes is None:  # a no of its own only makes no easier
        return
    if pair.no is None or not pair.no.look.shown:
        yield Finding(ID, "no_missing", pair.where)
        return
    if pair.yes.kind != pair.no.kind:
        yield Finding(ID, "kind_differs", pair.where, values={"yes": pair.yes.kind, "no": pair.no.kind})
    if pair.yes.container != pair.no.container or _apart(pair.yes, pair.no):
        yield Finding(ID, "place_differs", pair.where)
    long, short = words.count(pair.no.text), max(words.count(pair.yes.text), 1)
    if long > LONG or long > 2 * short + 2:
        yield Finding(ID, "no_wordy", pair.where)
    if words.count(pair.yes.text) > max(LONG, 2 * long + 2):
        yield Finding(ID, "yes_wordy", pair.where, Severity.NOTE)


def _apart(one: Control, other: Control) -> bool:
    """Whether words stand between them, or a tall gap where it was measured."""
    first, second = sorted((one, other), key=lambda each: each.words_before)
    between = second.words_before - first.words_before - words.count(first.text)
    gap = abs(one.box.bottom - other.box.bottom) if one.box.bottom is not None and other.box.bottom is not None else 0.0
    return between > BETWEEN or gap > GAP


def _in_text(message: Rendered) -> bool:
    """A line that names both answers, or a line that begins with one near a line that begins with the other."""
    language = message.context.language
    lines = [line for line in message.text.splitlines()[:2_000] if line.strip()]
    yes = [n for n, line in enumerate(lines) if words.begins(line, language, "yes")]
    no = [n for n, line in enumerate(lines) if words.begins(line, language, "no")]
    if any(0 < abs(a - b) <= NEAR for a in yes[:100] for b in no[:100]):
        return True
    return any(_capital(line, language, "yes") and _capital(line, language, "no") for line in lines)


def _capital(line: str, language: str, kind: str) -> bool:
    capitals = " ".join(re.findall(r"\b[^\W\d_]{2,}\b", line))
    return any(word.isupper() and words.begins(word, language, kind) for word in capitals.split())
