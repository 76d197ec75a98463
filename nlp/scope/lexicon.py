"""The words of one language, ready to match. Words come from `words/<lang>.toml` and from the operator's purposes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from nlp.scope.folding import fold

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "pl")
SHARED = "any"  # words that are written alike in every language
GROUPS = ("channels", "purposes", "others")
WORD = re.compile(r"\w+\*?")
LONGEST_STEM = 24  # letters: bounds the look-up of a word's stem
# found beside what they overlap, not instead of it
BESIDE = ("ask", "boilerplate", "mine", "kin", "my", "behalf", "until", "from", "months")


@cache
def table(language: str) -> Mapping[str, Any]:
    """One file of words, as written."""
    return tomllib.loads((files("nlp.scope") / "words" / f"{language}.toml").read_text("utf-8"))


def phrases(words: Mapping[str, Any], purposes: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(label, phrase) of one file; purposes that the operator does not have are left out."""
    for name, value in words.items():
        if name not in GROUPS:
            yield from ((name, phrase) for phrase in value)
    yield from ((f"channel:{key}", each) for key, many in words.get("channels", {}).items() for each in many)
    yield from ((f"purpose:{key}", each) for key, many in words.get("purposes", {}).items() if key in purposes
                for each in many)
    yield from ((key, each) for key, many in words.get("others", {}).items() for each in many)


class Lexicon:
    """Finds the phrases of one language. Phrases are matched by whole words or, with a star, by a word's beginning."""

    def __init__(self, language: str, purposes: Mapping[str, tuple[str, ...]]) -> None:
        """`purposes`: the operator's key -> synonyms, which win over the built-in words."""
        keys = frozenset(purposes)
        listed = [(label, phrase) for name in (SHARED, language) for label, phrase in phrases(table(name), keys)]
        listed += [(f"purpose:{key}", word) for key, synonyms in purposes.items() for word in (key, *synonyms)]
        patterns = [(label, WORD.findall(fold(phrase))) for label, phrase in listed]
        self._stems = {word for _, words in patterns for word in words if word.endswith("*")}
        by_words = {(tuple(map(self.stem, words)), label in BESIDE): label for label, words in patterns if words}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}  # by the first word
        for (words, _), label in by_words.items():
            self._phrases.setdefault(words[0], []).append((words, label))

    def stem(self, word: str) -> str:
        """The word, or the longest listed beginning of it."""
        for length in range(min(len(word), LONGEST_STEM), 1, -1):
            if (stem := f"{word[:length].rstrip('*')}*") in self._stems:
                return stem
        return word

    def find(self, words: list[str]) -> list[tuple[int, int, str]]:
        """(first word, word after the last, label), the longest of those that overlap, in order. `words` are folded."""
        stems = tuple(map(self.stem, words))
        found = [(start, start + len(phrase), label) for start, stem in enumerate(stems)
                 for phrase, label in self._phrases.get(stem, ()) if stems[start : start + len(phrase)] == phrase]
        chosen: list[tuple[int, int, str]] = []
        taken: set[int] = set()
        for start, end, label in sorted(found, key=lambda each: (each[0] - each[1], each[0])):
            if label in BESIDE:
                chosen.append((start, end, label))
            elif taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                chosen.append((start, end, label))
        return sorted(chosen)


@lru_cache(maxsize=64)
def lexicon(language: str, purposes: tuple[tuple[str, tuple[str, ...]], ...]) -> Lexicon:
    """Built once for a language and an operator's purposes."""
    return Lexicon(language, dict(purposes))
