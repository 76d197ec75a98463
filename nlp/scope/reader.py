"""The scope of a wish: words in, `ScopeReading` out. Nothing said is the default `Scope()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp.intents import Intent
from nlp.scope import others
from nlp.scope.lexicon import LANGUAGES, lexicon
from nlp.scope.meaning import ANY, LETTERS, NOES, YESES, meaning
from nlp.scope.signs import Sign, read
from nlp.scope.stance import sides
from nlp.understanding import Scope, Span

LIMITS = ("only", "except", "rest", "nothing", "limit")
MOST = 40  # spans of evidence


@dataclass(frozen=True, slots=True)
class ScopeReading:
    """`spans`: the evidence, by offset. `doubt`: None, or why a person should read it; the scope is then the widest."""

    scope: Scope
    spans: tuple[Span, ...] = ()
    handles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    doubt: str | None = None


class ScopeReader:
    """Safe to share between threads."""

    def read(self, text: str, language: str, purposes: Mapping[str, tuple[str, ...]],
             intents: Sequence[Intent]) -> ScopeReading:
        """Of the person's own, fresh text. `language`: ISO 639-1. `purposes`: the operator's key -> synonyms."""
        words = lexicon(language if language in LANGUAGES else "en",
                        tuple((key, tuple(many)) for key, many in purposes.items()))
        clauses = read(text, words)
        signs = [sign for clause in clauses for sign in clause.signs]
        handles, people = others.handles(text, signs), others.people(clauses, intents)
        dates = others.dates(text, clauses)
        found = meaning(sides(clauses), intents, tuple(purposes), text)
        doubt = found.doubt or _ends(text, dates, intents)
        spans = [*handles, *people, *(span for span, _ in dates), *_evidence(signs)]
        ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
        return ScopeReading(Scope() if doubt else found.scope, ordered, _words(text, handles), _words(text, people),
                            _words(text, [span for span, _ in dates]), doubt)


def _words(text: str, spans: Sequence[Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[span.start : span.end] for span in spans))


def _ends(text: str, dates: Sequence[tuple[Span, bool]], intents: Sequence[Intent]) -> str | None:
    """A wish with an end is none that a scope can hold."""
    end = next((span for span, until in dates if until), None)
    if end is None or not (NOES | YESES).intersection(intents):
        return None
    return f"the words '{text[end.start : end.end]}' limit what is meant"


def _label(sign: Sign) -> str | None:
    """What a sign is called as evidence, or None for one that is none by itself."""
    if sign.kind in LIMITS:
        return f"limit:{sign.kind}"
    if sign.named and sign.key != ANY:
        return f"{sign.kind}:{'post' if sign.key == LETTERS else sign.key}"
    return "all" if sign.kind == "all" else None


def _evidence(signs: Sequence[Sign]) -> list[Span]:
    labelled = ((sign, _label(sign)) for sign in signs)
    return [Span(sign.start, sign.end, label) for sign, label in labelled if label][:MOST]
