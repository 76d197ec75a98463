"""Whom and when: other handles, other people, dates. Found and shown; what follows from them is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.intents import Intent
from nlp.scope.signs import READ, Clause, Sign
from nlp.understanding import Span

ADDRESS = re.compile(r"(?<![\w.+'<-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
NUMBER = re.compile(r"(?<![\w.,/-])(?:\(\+?\d{1,5}\)|\+?\d)(?:[ ()./-]{0,2}\d){7,14}(?!\w)")
DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}")  # not a telephone number
LINE = re.compile(r"[^\n]+")
PROSE = re.compile(r"\b[a-zà-ÿ]\w*")
FEW = 3  # words in small letters: a line with fewer is a signature's
NEAR, DATE_NEAR = 2, 5  # words between "my" and the person, between "until" and the month
OWN_NEAR = 60  # characters between "my new number" and the number
SHORT = 60  # words: in a longer text families are part of the story
LEAVING = frozenset({Intent.UNSUBSCRIBE, Intent.WITHDRAW, Intent.REFUSE, Intent.ERASURE})
NUMERIC = re.compile(r"\W{1,3}(?:\w{1,4}\W)?(\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?)")
MOST = 20  # of each: a list of a thousand addresses is a list


def handles(text: str, signs: Sequence[Sign]) -> list[Span]:
    """E-mail addresses and telephone numbers in the person's sentences, but for those they call their own."""
    own = [sign.end for sign in signs if sign.kind == "mine"]
    found: list[Span] = []
    for number, line in enumerate(LINE.finditer(text[:READ])):
        if number and len(PROSE.findall(ADDRESS.sub("", line.group()))) < FEW:
            continue
        for match in (*ADDRESS.finditer(line.group()), *NUMBER.finditer(line.group())):
            start, end = line.start() + match.start(), line.start() + match.end()
            mine = any(0 <= start - own_end <= OWN_NEAR for own_end in own)
            if not mine and not DAY.match(match.group()):
                found.append(Span(start, end, "handle"))
    return sorted(found, key=lambda span: span.start)[:MOST]


def people(clauses: Sequence[Clause], intents: Sequence[Intent]) -> list[Span]:
    """Somebody else whom the wish is about: it is on their behalf, or a short text of one who leaves names them."""
    signs = [sign for clause in clauses for sign in clause.signs]
    found = [Span(sign.start, sign.end, "person") for sign in signs if sign.kind == "behalf"]
    if LEAVING.intersection(intents) and sum(clause.words for clause in clauses) <= SHORT:
        mine = [sign for sign in signs if sign.kind == "my"]
        found += [Span(my.start, kin.end, "person") for kin in signs if kin.kind == "kin"
                  for my in mine if 0 < kin.at - my.at <= NEAR][:MOST]
    return sorted(found, key=lambda span: span.start)[:MOST]


def dates(text: str, clauses: Sequence[Clause]) -> list[tuple[Span, bool]]:
    """"Until September", "from 1 January": the span, and whether it is an end that something asked for has."""
    found: list[tuple[Span, bool]] = []
    for clause in clauses:
        months = [sign for sign in clause.signs if sign.kind == "months"]
        for sign in clause.signs:
            if sign.kind in ("until", "from") and len(found) < MOST:
                month = next((each for each in months if 0 < each.at - sign.at <= DATE_NEAR), None)
                day = NUMERIC.match(text, sign.end)
                end = month.end if month else day.end(1) if day else None
                if end is not None:
                    found.append((Span(sign.start, end, "date"), sign.kind == "until"))
    return found
