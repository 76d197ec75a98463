"""Which language a text is in, among those we answer and read."""

from __future__ import annotations

from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from nlp.replies import plain

LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt", "pl")
FEW = 4  # words: below this the detector guesses (0.56 right on one word)
READ = 2_000  # characters


@cache
def _identifier() -> Any:  # noqa: ANN401 - the library is not annotated
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(LANGUAGES))
    return found


def language(text: str, hint: str | None = None) -> str:
    """An ISO 639-1 code. `hint`: the contact's language, or the operator's; believed when a text is too short."""
    words = plain(text[:READ]).split()
    if not words or (hint and len(words) < FEW):
        return hint or "en"
    return str(_identifier().classify(text[:READ].lower())[0])
