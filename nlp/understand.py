"""What a person wants: text in, `Understanding` out. Exact replies first, then the two readers, then the gate.

Nothing here reads anything but the model's own files, and nothing decides: `bot.policy` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp import replies, sentences
from nlp.encoder import Encoder, Text
from nlp.flags import flags
from nlp.gate import INTENTS, Evidence, Gate, chosen
from nlp.intents import Intent
from nlp.language import language
from nlp.limits import doubtful
from nlp.ngrams import Ngrams
from nlp.pieces import Pieces
from nlp.replies import exact, plain
from nlp.scope import ScopeReader, ScopeReading
from nlp.understanding import Context, Flag, Scope, Span, Thread, Understanding
from nlp.weights import ENCODER, FOLDER, GATE, NGRAMS, TOKENIZER, Manifest, manifest

EXACT = 0.999  # certain by definition: the whole message is on the list
ALONE = 45  # words: a shorter text is read as a whole only
ANSWERS = (Intent.GRANT, Intent.REFUSE)  # only where something was asked
NEVER = -12.0


class Reader:
    """Safe to share between threads."""

    def __init__(self, model: Manifest, threads: int = 1) -> None:
        """Loads the model's files (half a second)."""
        self._model = model
        self._encoder = Encoder(model.path(ENCODER), Pieces.load(model.path(TOKENIZER)), model.size, threads)
        self._ngrams, self._gate = Ngrams.load(model.path(NGRAMS)), Gate.load(model.path(GATE))
        self._scope = ScopeReader()

    @property
    def version(self) -> str:
        """Which model this is."""
        return self._model.version

    def understand(self, text: str, context: Context) -> Understanding:
        """One message."""
        return self.many([(text, context)])[0]

    def many(self, messages: Sequence[tuple[str, Context]]) -> list[Understanding]:
        """Several, in the order given."""
        return [self._told(*body_of(text, context)) for text, context in messages]

    def evidence(self, text: str, context: Context) -> tuple[Evidence, list[Span]]:
        """What both readers make of it, and where in the text each intent is said."""
        thread, subject = str(context.thread), subject_of(context)
        places = [(0, len(text)), *(sentences.pieces(text) if len(text.split()) > ALONE else ())]
        read = [Text(text[start:end], "" if at else subject, thread, context.channel)
                for at, (start, end) in enumerate(places)]
        found = masked(self._encoder.logits(read), thread)
        ngrams = masked(self._ngrams.logits(f"{subject}\n{text}", thread)[None], thread)[0]
        whole = self._model.mix[0] * found[0] + self._model.mix[1] * ngrams
        apart = tuple(frozenset(chosen(row)) for row in found[1:])
        evidence = Evidence(whole, found[0], ngrams, apart, len(text.split()))
        return evidence, [_span(intent, found, places) for intent in chosen(whole)]

    def _told(self, body: str, context: Context) -> Understanding:
        answer = exact(body, context.thread)
        told = (replies.tongue(body) or context.language_hint) if answer is not None else None
        tongue = told or language(body, context.language_hint)
        if answer is not None:
            named = " " in plain(body)  # "STOP SMS" says what it is about, "STOP" does not
            scope = self._scope.read(body, tongue, context.purposes, (answer,)).scope if named else Scope()
            return Understanding((answer,), EXACT, {answer: EXACT}, scope, tongue, (Span(0, len(body), answer),), (),
                                 None, "exact", self.version)
        if not body.strip():
            return Understanding((Intent.OTHER,), 0.0, {}, Scope(), tongue, (), (), "there is nothing to read", "none",
                                 self.version)
        return self._judged(body, context, tongue, *self.evidence(body, context))

    def _judged(self, body: str, context: Context, tongue: str, evidence: Evidence,
                spans: list[Span]) -> Understanding:
        intents = chosen(evidence.whole)
        scope = self._scope.read(body, tongue, context.purposes, intents)
        marks = flags(f"{context.subject}\n{body}", tongue) + (
            (Flag.OTHER_HANDLE,) if _elsewhere(scope, intents) else ())
        probability = self._gate.probability(evidence, intents)
        doubt = (self._gate.doubt(evidence, intents, probability) or scope.doubt
                 or doubtful(intents, scope.scope, body, tongue))
        if Flag.PROMPT_INJECTION in marks:
            doubt = "the text addresses a machine"
        scores = {intent: _score(evidence, at) for at, intent in enumerate(INTENTS)}
        return Understanding(intents, probability, scores, scope.scope, tongue, (*spans, *scope.spans), marks, doubt,
                             "model", self.version)


def body_of(text: str, context: Context) -> tuple[str, Context]:
    """What is read: the text, made storable; the subject instead of an empty text, unless that subject is our own.

    In a reply the subject is what we wrote: only a STOP put there counts.
    """
    words = text.encode("utf-8", "replace").decode()
    if words.strip():
        return words, context
    subject = context.subject.encode("utf-8", "replace").decode()
    fresh = context.thread is Thread.NONE or exact(subject, Thread.NONE) is not None
    return (subject if fresh else ""), replace(context, subject="")


def subject_of(context: Context) -> str:
    """Read beside the text, but not where it is our own question: a yes must be in the person's words."""
    return "" if context.thread is Thread.RECONSENT else context.subject.encode("utf-8", "replace").decode()


def masked(logits: NDArray[np.float32], thread: str) -> NDArray[np.float32]:
    """Where nothing was asked, nothing is granted or refused."""
    out = logits.copy()
    if thread != Thread.RECONSENT:
        out[:, [INTENTS.index(intent) for intent in ANSWERS]] = NEVER
    return out


def _score(evidence: Evidence, at: int) -> float:
    """How clearly it is said, in the whole or in any of its pieces."""
    alone = 0.5 if any(INTENTS[at] in piece for piece in evidence.sentences) else 0.0
    return max(alone, float(1 / (1 + np.exp(-evidence.whole[at]))))


def _span(intent: Intent, found: NDArray[np.float32], places: Sequence[tuple[int, int]]) -> Span:
    """The piece that says it most clearly; the whole text when no piece does, or when there is only the whole."""
    column = found[1:, INTENTS.index(intent)]
    at = int(column.argmax()) + 1 if len(column) and column.max() > 0 else 0
    return Span(*places[at], intent)


def _elsewhere(scope: ScopeReading, intents: Sequence[Intent]) -> bool:
    """It is about somebody else or another number, and asks for something; addresses are `bot.rules.named_handle`'s."""
    elsewhere = bool(scope.people) or any("@" not in handle for handle in scope.handles)
    return elsewhere and not set(intents) <= {Intent.OTHER, Intent.AUTO_REPLY}


@cache
def reader(folder: Path = FOLDER) -> Reader:
    """The model in that folder, or the one that comes with the package; loaded once. Raises DamagedModel."""
    return Reader(manifest(folder))
