"""How a message is laid out for the encoder: start, thread, channel, subject, text, end."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.pieces import END, START, Pieces

CONTEXTS = ("none", "newsletter", "reconsent")
CHANNELS = ("email", "sms", "chat")
MARKS = (*CONTEXTS, *CHANNELS, "subject")  # ids after the vocabulary's own, in this order
LONGEST = 320  # ids; of a longer text the beginning and the end are read
SUBJECT = 40


def layout(pieces: Pieces, size: int, text: str, subject: str, context: str, channel: str) -> list[int]:
    """Ids of one message. `size`: pieces in the vocabulary; an unknown channel is read as e-mail."""
    thread = size + MARKS.index(context)
    way = size + MARKS.index(channel if channel in CHANNELS else "email")
    head = [START, thread, way]
    if subject:
        head += [*pieces.ids(subject)[:SUBJECT], size + MARKS.index("subject")]
    return [*head, *middle_out(pieces.ids(text), LONGEST - len(head) - 1), END]


def middle_out(ids: Sequence[int], room: int) -> list[int]:
    """The beginning and the end when there is no room for all: people ask in the first lines or in the last."""
    if len(ids) <= room:
        return list(ids)
    first = room * 2 // 3
    return [*ids[:first], *ids[len(ids) - (room - first):]]
