"""DP10: short, in the stated language, readable without images, both answers on the first screen (left in the dark)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import controls, words
from bot.campaigns.lint.model import Finding, Rendered, Severity
from nlp.language import language as language_of
from storage.records import ChannelKind
from templates import gsm7

ID = "DP10"
BEFORE = 120  # words before the first answer
SENTENCE = 35  # words
ENOUGH = 12  # words below which a language is not told
SCREENS = {360: 740.0, 700: 900.0}  # pixels: width of the screen, and its height


def check(message: Rendered) -> Iterator[Finding]:
    """Words before the choice, the longest sentence, the language, what pictures hide, the first screen."""
    if message.words_before > BEFORE and message.context.channel is ChannelKind.EMAIL:
        yield Finding(ID, "long", str(message.words_before))
    if len(message.controls) >= controls.MAX:
        yield Finding(ID, "too_many", str(len(message.controls)))
    short = message.context.channel is ChannelKind.SMS
    if short and (parts := gsm7.segments(message.text.strip())) > 1:
        yield Finding(ID, "segments", message.text[:40], Severity.NOTE, {"parts": str(parts)})
    for name, text in message.parts:
        if not short:  # in the letters of GSM-7 languages look alike
            yield from _language(message, name, text)
        longest = max(re.split(r"[.!?:;\n…]+", text[:words.MAX]), key=words.count, default="")
        if words.count(longest) > SENTENCE:
            yield Finding(ID, "sentence", f"{name}: {' '.join(longest.split()[:8])!r}…", Severity.NOTE)
    for control in message.controls:
        if control.polarity != "other" and not control.text:
            yield Finding(ID, "picture", control.href[:80])
    if message.nodes and words.count(message.shown) < ENOUGH:
        yield Finding(ID, "pictures_only", "HTML")
    yield from _first_screen(message)


def _language(message: Rendered, name: str, text: str) -> Iterator[Finding]:
    prose = re.sub(r"https?://\S+", " ", text)
    if words.count(prose) >= ENOUGH and (told := language_of(prose)) != message.context.language:
        yield Finding(ID, "language", name, values={"told": told, "stated": message.context.language})


def _first_screen(message: Rendered) -> Iterator[Finding]:
    first = next((pair for pair in message.choices if pair.yes is not None and pair.no is not None), None)
    if first is None or first.yes is None or first.no is None or message.screen not in SCREENS:
        return
    lowest = max(first.yes.box.bottom or 0.0, first.no.box.bottom or 0.0)
    if lowest > SCREENS[message.screen]:
        yield Finding(ID, "below", first.where, values={"bottom": f"{lowest:.0f}", "screen": str(message.screen)})
