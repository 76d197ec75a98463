"""What the text says, sign by sign and clause by clause: a channel, a purpose, a yes, a no, "only", "the rest"..."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp.scope.folding import fold
from nlp.scope.lexicon import Lexicon

READ = 20_000  # characters: what a person limits stands near what they ask
MARKS = ".!?;…,()–—\n-"
TOKEN = re.compile(rf"\w+|[{MARKS}]")
SHORT_LINE = 60  # characters: a longer line was broken by the mail program, not by the person
ENDLESS = 60  # words: a longer clause is nobody's, and is cut


@dataclass(frozen=True, slots=True)
class Sign:
    """One phrase found. `start`, `end` in characters; `at` in words; `clause` counts through the text."""

    kind: str
    key: str
    start: int
    end: int
    at: int
    clause: int

    @property
    def named(self) -> bool:
        """A channel or a purpose."""
        return self.kind in ("channel", "purpose")


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece between commas, or after a "but". `sentence` counts through the text, `words` is its length."""

    sentence: int
    words: int
    signs: tuple[Sign, ...]


def _ends(text: str, token: re.Match[str], line: int) -> str:
    """What this token ends: a "sentence", a "clause" or nothing. `line`: where its line began."""
    mark, after = token.group(), text[token.end() : token.end() + 1]
    if mark in "!?;…" or (mark == "." and (not after or after.isspace())):
        return "sentence"
    if mark == "\n":
        return "sentence" if token.start() - line < SHORT_LINE else ""
    if mark in ",()–—" or (mark == "-" and after.isspace() and text[token.start() - 1 : token.start()].isspace()):
        return "clause"
    return ""


@dataclass(slots=True)
class _Places:
    """For each word, or mark that ends something: where it is, and in which sentence and clause."""

    words: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    clauses: list[int] = field(default_factory=list)

    def add(self, token: re.Match[str], sentence: int, clause: int) -> None:
        """One more."""
        self.words.append(token.group())
        self.spans.append(token.span())
        self.sentences.append(sentence)
        self.clauses.append(clause)


def _places(text: str) -> _Places:
    out, sentence, clause, line = _Places(), 0, 0, 0
    for token in TOKEN.finditer(text):
        ends = "" if token.group()[0].isalnum() or token.group()[0] == "_" else _ends(text, token, line)
        clause += bool(ends)
        sentence += ends == "sentence"
        if ends or token.group() not in MARKS:
            out.add(token, sentence, clause)  # marks too, so that no phrase is found across one
        if token.group() == "\n":
            line = token.end()
    return out


def _lone_onlys(found: Sequence[tuple[int, int, str]], clauses: Sequence[int]) -> set[int]:
    """Where an "only" stands between two named things, a clause begins: "no texts just e-mail me"."""
    named = [start for start, _, label in found if label.startswith(("channel", "purpose"))]
    turns: set[int] = set()
    for start, _, label in found:
        if label == "only":
            at = bisect(named, start)
            if 0 < at < len(named) and clauses[named[at - 1]] == clauses[start] == clauses[named[at]]:
                turns.add(start)
    return turns


def _numbers(clauses: Sequence[int], turns: set[int]) -> list[int]:
    """The clause of each word, when clauses also begin at `turns` and none is endless."""
    numbers: list[int] = []
    extra = length = 0
    for at, clause in enumerate(clauses):
        length = length + 1 if at and clause == clauses[at - 1] and at not in turns else 0
        extra += at in turns or (length > 0 and length % ENDLESS == 0)
        numbers.append(clause + extra)
    return numbers


def read(text: str, lexicon: Lexicon) -> list[Clause]:
    """The clauses of a text in order, those without a sign too. Linear in its length."""
    places = _places(fold(text[:READ]))
    found = lexicon.find(places.words)
    turns = {start for start, _, label in found if label == "but"} | _lone_onlys(found, places.clauses)
    numbers = _numbers(places.clauses, turns)
    signs: dict[int, list[Sign]] = {}
    for start, end, label in found:
        kind, _, key = label.partition(":")
        signs.setdefault(numbers[start], []).append(
            Sign(kind, key, places.spans[start][0], places.spans[end - 1][1], start, numbers[start]))
    lengths = Counter(number for number, word in zip(numbers, places.words, strict=True) if word not in MARKS)
    sentences = dict(zip(numbers, places.sentences, strict=True))
    return [Clause(sentence, lengths[number], tuple(signs.get(number, ()))) for number, sentence in sentences.items()]
