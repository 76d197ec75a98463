"""Which pieces are kept: those a text in Latin script can need. Not only those seen: unseen mail needs others."""

from __future__ import annotations

import unicodedata
from functools import cache

from nlp.pieces import HIDDEN

SPECIAL = len(HIDDEN)


@cache
def _fits(character: str) -> bool:
    """Latin letters, and whatever is no letter: digits, punctuation, signs, emoji."""
    if not unicodedata.category(character).startswith("L"):
        return True
    return unicodedata.name(character, "").startswith(("LATIN", "MODIFIER LETTER", "FEMININE", "MASCULINE"))


def kept(pieces: list[str]) -> list[int]:
    """Ids of the pieces to keep, in order; the control pieces first, `<mask>` not among them."""
    return [number for number, piece in enumerate(pieces)
            if number < SPECIAL or (piece != "<mask>" and all(map(_fits, piece)))]
