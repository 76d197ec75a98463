"""The first reader: exact whole-message replies, then phrases; honest about being small: in doubt it abstains."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from nlp.intents import Intent
from nlp.understanding import Context, Flag, Scope, Span, Thread, Understanding

VERSION = "phrases-1"
EXACT, PHRASE = 0.99, 0.8  # not fitted on data: exact replies are certain by definition, phrases stay below a yes


def plain(text: str) -> str:
    """Lower case without accents, punctuation or emoji; single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", bare).split())


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = tomllib.loads((files("nlp") / "phrases.toml").read_text("utf-8"))
    return {kind: {key: [plain(each) for each in words] for key, words in table.items()}
            for kind, table in loaded.items()}


def _language(text: str, hint: str | None) -> str:
    words = plain(text).split()
    counts = {code: sum(word in marks for word in words) for code, marks in _lists()["language"].items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else hint or "en"


def _exact(text: str, thread: Thread) -> tuple[Intent, ...]:
    """STOP and its like anywhere; a yes or a no only as the answer to a request."""
    words = plain(text)
    if words in _lists()["exact"]["stop"]:
        return (Intent.UNSUBSCRIBE,)
    if thread is Thread.RECONSENT and words in _lists()["exact"]["yes"]:
        return (Intent.GRANT,)
    if thread is Thread.RECONSENT and words in _lists()["exact"]["no"]:
        return (Intent.REFUSE,)
    return ()


def _has(words: str, phrase: str) -> bool:
    return f" {phrase} " in f" {words} "


def understand(text: str, context: Context) -> Understanding:
    """What the fresh text asks for; an empty body is read by its subject."""
    body = text if text.strip() else context.subject
    lists, words = _lists(), plain(body)
    language = _language(body, context.language_hint)
    flags = tuple(flag for flag in Flag if any(_has(words, each) for each in lists["flag"].get(flag, [])))
    exact = _exact(body, context.thread)
    if exact:
        return Understanding(exact, EXACT, {exact[0]: EXACT}, Scope(), language, (Span(0, len(body), exact[0]),), flags,
                             None, "exact", VERSION)
    found = tuple(intent for intent in Intent if any(_has(words, each) for each in lists["intent"].get(intent, [])))
    if not found:
        return Understanding((Intent.OTHER,), 0.5, {}, Scope(), language, (), flags, "nothing recognised", "none",
                             VERSION)
    guard = next((each for each in lists["guard"]["words"] if _has(words, each)), None)
    limited = next((each for each in lists["guard"]["scope"] if _has(words, each)), None)
    why = (f"the words “{guard}” may turn the meaning round" if guard
           else f"the words “{limited}” limit what is meant" if limited
           else "a long message" if len(words.split()) > 80 else None)
    return Understanding(found, PHRASE, dict.fromkeys(found, PHRASE), Scope(), language, (), flags, why, "model",
                         VERSION)
