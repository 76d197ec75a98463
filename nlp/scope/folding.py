"""Letters without case or accents, one for one: an offset in the folded text is an offset in the text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

ALIKE = {"ł": "l", "ø": "o", "đ": "d", "ß": "s", "ı": "i"}


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)[:1] or letter
    return ALIKE.get(bare.lower(), bare.lower()[:1]) or letter


def fold(text: str) -> str:
    """Same length as `text`."""
    return text.lower() if text.isascii() else "".join(map(_letter, text))
