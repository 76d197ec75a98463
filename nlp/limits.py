"""When a scope may be acted on by itself. A yes is never wider than it was said, and a no never narrower."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.intents import Intent
from nlp.replies import plain
from nlp.understanding import ALL, Scope

PLAIN_YES = 12  # words: in a longer yes a limit is easily missed
PLAIN_NO = 30  # words: in a longer no, what is named may be the story
NOES = frozenset({Intent.UNSUBSCRIBE, Intent.WITHDRAW, Intent.REFUSE})
JOINING = {  # words that may join a second wish to the one whose limit was heard
    "fr": {"et", "ni", "ou", "aussi", "puis"}, "en": {"and", "or", "nor", "also", "plus"},
    "de": {"und", "oder", "noch", "auch", "sowie"}, "es": {"y", "e", "ni", "o", "tambien"},
    "it": {"e", "ed", "ne", "o", "anche"}, "nl": {"en", "of", "noch", "ook"}, "pt": {"e", "nem", "ou", "tambem"},
    "pl": {"i", "oraz", "ani", "lub", "tez"},
}


def doubtful(intents: Sequence[Intent], scope: Scope, text: str, language: str) -> str | None:
    """Why a person should read what is covered; None when the words are plain enough."""
    words = plain(text).split()
    if Intent.GRANT in intents:
        return _yes(intents, scope, words)
    if not NOES & set(intents) or (scope.channels, scope.purposes) == ((ALL,), (ALL,)):
        return None
    return _no(scope, words, language)


def _yes(intents: Sequence[Intent], scope: Scope, words: Sequence[str]) -> str | None:
    granted = bool(scope.granted_channels or scope.granted_purposes)
    if Intent.REFUSE in intents and not granted:
        return "a yes and a no, and what each is about cannot be told"
    if scope.explicit and not granted and (scope.channels, scope.purposes) != ((ALL,), (ALL,)):
        return "a yes in which something is refused, and the rest cannot be told"
    return "a yes of many words may have limits" if len(words) > PLAIN_YES and not granted else None


def _no(scope: Scope, words: Sequence[str], language: str) -> str | None:
    """A narrowed no: what else may have been stopped in the same words?"""
    both = scope.channels != (ALL,) and scope.purposes != (ALL,)
    single = len([name for name in (*scope.channels, *scope.purposes) if name != ALL]) == 1
    if both:
        return "channels and purposes are named together, and which goes with which cannot be told"
    if single and JOINING.get(language, set()) & set(words):
        return "more than one thing may be stopped"
    return "a limit in a longer message may not be its whole wish" if len(words) > PLAIN_NO else None
