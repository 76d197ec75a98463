"""From text to the ids of the encoder's vocabulary: a Unigram tokenizer of which no text can make a control piece."""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

START, PAD, END, UNKNOWN = 0, 1, 2, 3
HIDDEN = ("\ue000start", "\ue001pad", "\ue002end", "\ue003unknown")  # private-use characters, which `clean` removes
PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
SPACE = "▁"  # stands for a space: every word begins with one
WORD = re.compile(f"{SPACE}[^{SPACE}]*")
SPACES = re.compile(r"\s+")
READ = 20_000  # characters of a text that are looked at


def clean(text: str) -> str:
    """NFKC, single spaces, no control or private-use characters."""
    whole = SPACES.sub(" ", unicodedata.normalize("NFKC", text[:READ]))
    kept = "".join(c for c in whole if c == " " or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))
    return PRIVATE.sub("", kept).strip()


class Pieces:
    """The pieces of a SentencePiece Unigram model; safe to share between threads.

    One dict, 20 MB for 116,112 pieces, where the `tokenizers` package's trie takes 109 (docs/decisions/0007).
    """

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        """`scores`: log-probabilities. The first four pieces are control pieces and get names that no text can have."""
        lowest = min(scores[len(HIDDEN):])
        self._scores = array("d", [lowest - 100.0] * len(HIDDEN) + [float(score) for score in scores[len(HIDDEN):]])
        self._ids = {piece: number for number, piece in enumerate((*HIDDEN, *pieces[len(HIDDEN):]))}
        self._unknown = min(self._scores) - 10.0  # of one character that is in no piece
        self._longest: dict[str, int] = {}  # characters of the longest piece that begins with this one
        for piece in self._ids:
            self._longest[piece[:1]] = max(self._longest.get(piece[:1], 0), len(piece))

    @classmethod
    def load(cls, file: Path) -> Pieces:
        """From a JSON file in the format of the `tokenizers` package."""
        rows = json.loads(file.read_text("utf-8"))["model"]["vocab"]
        return cls([piece for piece, _ in rows], [score for _, score in rows])

    def save(self, file: Path) -> None:
        """As its JSON file."""
        vocabulary = [[piece, score] for piece, score in zip(self._ids, self._scores, strict=True)]
        model = {"type": "Unigram", "unk_id": UNKNOWN, "vocab": vocabulary, "byte_fallback": False}
        split = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
        whole: dict[str, Any] = {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": split, "post_processor": None, "decoder": None, "model": model}
        file.write_text(json.dumps(whole, ensure_ascii=False, separators=(",", ":")), "utf-8")

    def ids(self, text: str) -> list[int]:
        """The ids of a text, without control pieces."""
        spaced = clean(text).replace(" ", SPACE)
        if not spaced:
            return []
        words = WORD.findall(spaced if spaced.startswith(SPACE) else SPACE + spaced)
        return [number for word in words for number in self._best(word)]

    def _best(self, word: str) -> list[int]:
        """The likeliest way to cut a word (Viterbi); unknown characters in a row are one unknown piece."""
        size = len(word)
        best, cuts, found = [0.0] + [-inf] * size, [0] * (size + 1), [UNKNOWN] * (size + 1)
        for start in range(size):
            so_far, alone = best[start], False
            for end in range(start + 1, min(start + self._longest.get(word[start], 0), size) + 1):
                number = self._ids.get(word[start:end])
                if number is not None:
                    alone = alone or end == start + 1
                    score = so_far + self._scores[number]
                    if score > best[end]:
                        best[end], cuts[end], found[end] = score, start, number
            if not alone and so_far + self._unknown > best[start + 1]:
                best[start + 1], cuts[start + 1], found[start + 1] = so_far + self._unknown, start, UNKNOWN
        return _read_back(cuts, found)


def _read_back(cuts: Sequence[int], found: Sequence[int]) -> list[int]:
    """From the end to the beginning, then turned round."""
    out: list[int] = []
    at = len(cuts) - 1
    while at:
        if not (found[at] == UNKNOWN and out and out[-1] == UNKNOWN):
            out.append(found[at])
        at = cuts[at]
    return out[::-1]
