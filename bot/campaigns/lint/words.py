"""The words that the rules look for, in each language (`words.toml`), found whatever the accents and apostrophes."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

LETTERS = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "ł": "l", "Ł": "l", "ß": "ss", "œ": "oe", "æ": "ae", "ø": "o",
                         "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": ""})
MAX = 50_000  # characters read
WORD = re.compile(r"\w+(?:['’\-]\w+)*")
GAP = r"(?:\W{1,5}\w{1,40}){0,7}?\W{1,5}"  # " ... " in a phrase


def fold(text: str) -> str:
    """Lower case without accents, one kind of apostrophe and space, nothing invisible."""
    plain = unicodedata.normalize("NFKD", text[:MAX].translate(LETTERS)).casefold().translate(LETTERS)
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def count(text: str) -> int:
    """How many words."""
    return len(WORD.findall(text[:MAX]))


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))


def phrases(language: str, kind: str) -> Sequence[str]:
    """The phrases of one kind, as written in the file."""
    return _lists()[language][kind]


def kinds() -> frozenset[str]:
    """Every kind there is; each language has them all."""
    return frozenset(_lists()["en"])


def _pattern(phrase: str) -> str:
    parts = [re.escape(part.strip()).replace(r"\ ", r"\W{1,3}") for part in fold(phrase).split("...")]
    whole = GAP.join(part.replace(r"\*", r"\w{0,20}") for part in parts)
    start = r"(?<!\w)" if whole[:1].isalnum() or whole[:1] == "\\" else ""
    return start + whole + (r"(?!\w)" if whole[-1:].isalnum() else "")


@cache
def pattern(language: str, kind: str) -> re.Pattern[str]:
    """One pattern for all phrases of a kind, over folded text. In a phrase `*` ends a stem, ` ... ` is a few words."""
    return re.compile("|".join(_pattern(each) for each in phrases(language, kind)) or r"(?!)")


def find(text: str, language: str, kind: str) -> str:
    """The first phrase of that kind in the text, as it stands there folded, or ""."""
    found = pattern(language, kind).search(fold(text))
    return found[0] if found else ""


def begins(text: str, language: str, kind: str) -> bool:
    """Does the text begin with such a phrase, punctuation aside?"""
    return pattern(language, kind).match(fold(text).lstrip("¡!¿?\"'«»[](){}-–—•*✓✔✗✘☐☑ ")) is not None


def total(text: str, language: str, kind: str) -> int:
    """How many such phrases the text has."""
    return len(pattern(language, kind).findall(fold(text)))
