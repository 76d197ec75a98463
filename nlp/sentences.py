"""A text in pieces of a few sentences, to be read one by one beside the whole."""

from __future__ import annotations

import re

END = re.compile(r"(?<=[.!?…;])\s+|\n+")
SHORT, MOST = 40, 24  # characters below which a piece joins the next; pieces of one text


def pieces(text: str) -> list[tuple[int, int]]:
    """Start and end of each piece, in order; together they are the text. Linear in its length."""
    bounds = [0, *(found.end() for found in END.finditer(text)), len(text)]
    spans: list[tuple[int, int]] = []
    start = 0
    for end in bounds[1:]:
        if end - start >= SHORT or end == len(text):
            if text[start:end].strip():
                spans.append((start, end))
            start = end
    while len(spans) > MOST:  # a very long text: neighbours are joined
        spans = [(spans[at][0], spans[min(at + 1, len(spans) - 1)][1]) for at in range(0, len(spans), 2)]
    return spans
