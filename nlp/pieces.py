"""From text to the ids of the encoder's vocabulary: a Unigram tokenizer of which no text can make a control piece."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

START, PAD, END, UNKNOWN = 0, 1, 2, 3
HIDDEN = ("\ue000start", "\ue001pad", "\ue002end", "\ue003unknown")  # private-use characters, which `clean` removes
PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
SPACES = re.compile(r"\s+")
READ = 20_000  # characters of a text that are looked at


def clean(text: str) -> str:
    """NFKC, single spaces, no control or private-use characters."""
    whole = SPACES.sub(" ", unicodedata.normalize("NFKC", text[:READ]))
    kept = "".join(c for c in whole if c == " " or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn"))
    return PRIVATE.sub("", kept).strip()


def build(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """From pieces and scores of a SentencePiece Unigram model; the first four are control pieces and get new names."""
    named = [*HIDDEN, *pieces[len(HIDDEN):]]
    lowest = min(scores)
    weighed = [lowest - 100.0] * len(HIDDEN) + [float(score) for score in scores[len(HIDDEN):]]
    tokenizer = Tokenizer(Unigram(list(zip(named, weighed, strict=True)), unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.pre_tokenizer = Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


class Pieces:
    """Reads texts; safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """A tokenizer that `build` made."""
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, file: Path) -> Pieces:
        """From its JSON file."""
        return cls(Tokenizer.from_file(str(file)))

    def save(self, file: Path) -> None:
        """As its JSON file."""
        self._tokenizer.save(str(file), pretty=False)

    def ids(self, text: str) -> list[int]:
        """The ids of a text, without control pieces."""
        found: list[int] = self._tokenizer.encode(clean(text), add_special_tokens=False).ids
        return found
