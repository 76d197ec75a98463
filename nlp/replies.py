"""Exact replies: a whole message that is STOP, OUI, NEIN... in any dress. A yes or a no only where it was asked."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from nlp.intents import Intent
from nlp.understanding import Thread

LONGEST = 80  # characters of a reply
PLAIN_YES = re.compile(r"[\w\s.,!'’\-👍👌✅🙂😊🙏❤\ufe0f]*")  # a question, a box or a frown beside a yes makes it none


def plain(text: str) -> str:
    """Lower case without accents, punctuation or emoji; single spaces."""
    lower = unicodedata.normalize("NFKD", text).lower()  # decomposed first: 𝐒𝐓𝐎𝐏 has no lower case of its own
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+|_", " ", bare.replace("ł", "l")).split())


@cache
def _lists() -> dict[str, frozenset[str]]:
    loaded: dict[str, dict[str, list[str]]] = tomllib.loads((files("nlp") / "replies.toml").read_text("utf-8"))
    return {kind: frozenset(plain(each) for words in table.values() for each in words)
            for kind, table in loaded.items()}


@cache
def _polite() -> tuple[tuple[str, str], ...]:
    """Each polite phrase as the beginning and as the end of a reply."""
    return tuple((f"{each} ", f" {each}") for each in _lists()["polite"])


def _bare(text: str) -> str:
    """Without polite words around it, and once when it is said again and again ("stop stop stop")."""
    words = plain(text)
    changed = True
    while changed and words:
        changed = False
        for before, after in _polite():
            if words.startswith(before) or words.endswith(after):
                changed, words = True, words.removeprefix(before).removesuffix(after)
    said = words.split()
    for size in range(1, len(said) // 2 + 1):
        if said == said[:size] * (len(said) // size):
            return " ".join(said[:size])
    return words


def exact(text: str, thread: Thread) -> Intent | None:
    """The intent of a whole message, or None when it must be read."""
    if not text or len(text) > LONGEST:
        return None
    found = _bare(text)
    if found in _lists()["stop"]:
        return Intent.UNSUBSCRIBE
    if thread is Thread.RECONSENT:
        if found in _lists()["yes"] and PLAIN_YES.fullmatch(text):
            return Intent.GRANT
        if found in _lists()["no"]:
            return Intent.REFUSE
    return None


@cache
def _tongues() -> dict[str, frozenset[str]]:
    """The languages in whose lists each reply is."""
    loaded: dict[str, dict[str, list[str]]] = tomllib.loads((files("nlp") / "replies.toml").read_text("utf-8"))
    found: dict[str, set[str]] = {}
    for kind in ("stop", "yes", "no"):
        for tongue, listed in loaded[kind].items():
            for each in listed:
                found.setdefault(plain(each), set()).add(tongue)
    return {words: frozenset(tongues) for words, tongues in found.items()}


def tongue(text: str) -> str | None:
    """The language that an exact reply tells by itself; None for words of several languages, and for any STOP alone."""
    words = _bare(text)
    found = _tongues().get(words, frozenset())
    if len(found) != 1 or "any" in found or (words.startswith("stop") and " " not in words):
        return None
    return next(iter(found))
