"""DP11: yes means yes: no negation in a yes, no double one in a no, no box to tick against (ambiguous wording)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.campaigns.lint import words
from bot.campaigns.lint.model import Finding, Polarity, Rendered

ID = "DP11"


def check(message: Rendered) -> Iterator[Finding]:
    """Labels, and the questions that are asked."""
    language = message.context.language
    for control in message.controls:
        if control.polarity is Polarity.YES and _against(control.text, language):
            yield Finding(ID, "yes_negative", repr(control.text))
        if control.polarity is Polarity.NO and _twice(control.text, language):
            yield Finding(ID, "no_double", repr(control.text))
        if control.kind == "box" and control.polarity is Polarity.NO:
            yield Finding(ID, "tick_against", repr(control.text))
    found = words.find(message.everything, language, "unless")
    if found:
        yield Finding(ID, "tick_against", repr(found))
    for _, text in message.parts:
        for question in re.findall(r"[^.!?\n]{1,300}\?", text[:words.MAX]):
            if words.find(question, language, "negation") and words.find(question, language, "stop"):
                yield Finding(ID, "question_double", repr(question.strip()[:80]))


def _against(text: str, language: str) -> bool:
    return bool(words.find(text, language, "negation") or words.find(text, language, "stop"))


def _twice(text: str, language: str) -> bool:
    """Behind its first word: two negations, or one together with a word of stopping."""
    rest = words.fold(text)
    first = words.pattern(language, "no").match(rest)
    rest = rest[first.end():] if first else rest
    negations, stops = words.total(rest, language, "negation"), words.total(rest, language, "stop")
    return negations > 1 or (negations == 1 and stops > 0 and first is not None and not _only_one(rest, language))


def _only_one(rest: str, language: str) -> bool:
    """Whether negation and stopping are the same words ("ne plus"), so that nothing is denied twice."""
    negation, stop = words.pattern(language, "negation").search(rest), words.pattern(language, "stop").search(rest)
    return negation is not None and stop is not None and (negation.start() <= stop.start() < negation.end()
                                                          or stop.start() <= negation.start() < stop.end())
