"""A linear reader of character n-grams: cheap, literal, and wrong in other places than the encoder."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.intents import Intent

BITS = 16
SIZES = (2, 3, 4, 5)
READ = 3_000  # characters of a text that are looked at


def plain(text: str) -> str:
    """Lower case without accents; punctuation apart; single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", bare).split())


def features(text: str, context: str) -> dict[int, float]:
    """Hashed n-grams inside words, whole words and pairs of words, with the thread: slot -> weight, of length one."""
    words = plain(text[:READ]).split()
    found: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in SIZES:
            found.update(padded[at : at + size] for at in range(max(len(padded) - size + 1, 1)))
    found.update(f"\1{word}" for word in words)
    found.update(f"\2{one} {two}" for one, two in pairwise(words))
    slots: dict[int, float] = {}
    for key, count in found.items():
        slot = zlib.crc32(key.encode()) & ((1 << BITS) - 1)
        slots[slot] = slots.get(slot, 0.0) + 1.0 + float(np.log(count))
    norm = float(np.sqrt(sum(value * value for value in slots.values()))) or 1.0
    marked = {slot: value / norm for slot, value in slots.items()}
    place = zlib.crc32(f"\3{context}".encode()) & ((1 << BITS) - 1)
    marked[place] = marked.get(place, 0.0) + 0.3
    return marked


class Ngrams:
    """Logits from a matrix (slots + 1, intents); the last row is the bias."""

    def __init__(self, weights: NDArray[np.float16]) -> None:
        """In the order of `Intent`."""
        self._weights = weights

    @classmethod
    def load(cls, file: Path) -> Ngrams:
        """From a .npy file."""
        return cls(np.load(file, allow_pickle=False))

    def logits(self, text: str, context: str) -> NDArray[np.float32]:
        """One for each intent."""
        found = features(text, context)
        rows = self._weights[list(found)].astype(np.float32)
        total: NDArray[np.float32] = np.array(list(found.values()), np.float32) @ rows
        total += self._weights[-1].astype(np.float32)
        return total


INTENTS = tuple(Intent)
