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
    """Made twice: the first one keeps its 142 languages' table (28 MB) for as long as it lives."""
    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(list(LANGUAGES))
    return LanguageIdentifier(whole.nb_ptc, whole.nb_pc, whole.nb_classes, whole.tk_nextmove, whole.tk_output,
                              norm_probs=True, tk_row=whole.tk_row)


def language(text: str, hint: str | None = None) -> str:
    """An ISO 639-1 code. `hint`: the contact's language, or the operator's; believed when a text is too short."""
    words = plain(text[:READ]).split()
    if not words or (hint and len(words) < FEW):
        return hint or "en"
    return str(_identifier().classify(text[:READ].lower())[0])
