"""Which side each named thing is on: what the clause says yes or no to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp.scope.signs import Clause, Sign

LONG = 60  # words of a text that tells a story: only the sentences that ask for something count
BRIEF = 8  # words of a sentence that is no story ("Texts: no.")
ASKING = ("no", "ask", "rest", "nothing")
DENIALS = ("no", "not")
CONSENTS = ("yes", "keep")
LIMITED = (*DENIALS, *CONSENTS, "ask", "all")  # what a limit can limit
NEAR = 3  # words between a "not" and what it denies
LIST_ITEM = 4  # words of a clause that may share its neighbour's yes or no ("texts, surveys, calls: no")


@dataclass(slots=True)
class Said:
    """What was found, by side."""

    no: list[Sign] = field(default_factory=list)
    yes: list[Sign] = field(default_factory=list)
    unsided: list[Sign] = field(default_factory=list)
    spared: list[Sign] = field(default_factory=list)  # after an "except"
    only: list[Sign] = field(default_factory=list)  # the word "only" beside something wanted
    only_no: list[Sign] = field(default_factory=list)  # the word "only" beside something not wanted
    rest_no: list[Sign] = field(default_factory=list)
    kept: list[Sign] = field(default_factory=list)  # something, or the rest, is kept or left open
    keepers: list[Sign] = field(default_factory=list)  # what is named as kept
    open_limits: list[Sign] = field(default_factory=list)  # a limit that names nothing we know
    everything: list[Sign] = field(default_factory=list)
    story: bool = False  # the text is long


def sides(clauses: Sequence[Clause]) -> Said:
    """Sorts the signs of a whole text."""
    said, heard = Said(story=sum(clause.words for clause in clauses) > LONG), _heard(clauses)
    for at, clause in enumerate(clauses):
        if clause.sentence not in heard:
            continue
        inherited = _inherited(clauses, at) if clause.words <= LIST_ITEM else None
        _sort(clause, inherited, _excepted_before(clauses, at), said)
    return said


def _heard(clauses: Sequence[Clause]) -> set[int]:
    """The sentences that count: no boilerplate and, in a long text, only those that ask for something."""
    words: dict[int, int] = {}
    kinds: dict[int, set[str]] = {}
    for clause in clauses:
        words[clause.sentence] = words.get(clause.sentence, 0) + clause.words
        kinds.setdefault(clause.sentence, set()).update(sign.kind for sign in clause.signs)
    everything = sum(words.values()) <= LONG
    return {number for number, found in kinds.items() if "boilerplate" not in found
            and (everything or words[number] <= BRIEF or not found.isdisjoint(ASKING))}


def _cues(clause: Clause) -> list[Sign]:
    """Yes and no; a mere wish counts as a yes only where nothing else is said."""
    plain = [sign for at, sign in enumerate(clause.signs) if sign.kind in DENIALS
             or (sign.kind in CONSENTS and not _denied(clause.signs[:at], sign))]
    return plain or [sign for sign in clause.signs if sign.kind == "wish"]


def _denied(before: Sequence[Sign], consent: Sign) -> bool:
    """A yes just after a "not" is none ("I do not agree")."""
    return bool(before) and before[-1].kind == "not" and consent.at - before[-1].at <= NEAR


def _things(clause: Clause) -> list[Sign]:
    return [sign for sign in clause.signs if sign.named or sign.kind in ("rest", "nothing")]


def _leads(clause: Clause) -> bool:
    """The yes or no stands before what it is about ("no texts"), not after ("texts: no")."""
    cues, things = _cues(clause), _things(clause)
    return bool(cues) and (not things or cues[0].at < things[0].at)


def _inherited(clauses: Sequence[Clause], at: int) -> str | None:
    """The side of a neighbour in the same sentence, for a clause that has none of its own."""
    sentence = clauses[at].sentence
    before = next((each for each in reversed(clauses[max(0, at - 8) : at])
                   if each.sentence == sentence and _cues(each)), None)
    after = next((each for each in clauses[at + 1 : at + 9] if each.sentence == sentence and _cues(each)), None)
    if before and (_leads(before) or not after):
        return _side(_cues(before)[-1])
    return _side(_cues(after)[0]) if after else None


def _side(cue: Sign) -> str:
    return "no" if cue.kind in DENIALS else "yes"


def _of(sign: Sign, clause: Clause, inherited: str | None) -> str | None:
    """The side of one thing: the cue before it where cues lead, else the next one after it."""
    cues = _cues(clause)
    if not cues:
        return "yes" if any(each.kind in ("only", "nothing") for each in clause.signs) else inherited
    before = [cue for cue in cues if cue.at < sign.at]
    after = [cue for cue in cues if cue.at > sign.at]
    if before and (_leads(clause) or not after):
        return _side(before[-1])
    return _side(after[0] if after else before[-1])


def _excepted_before(clauses: Sequence[Clause], at: int) -> bool:
    """A list goes on after "except the texts, the calls"."""
    if not at or clauses[at].words > LIST_ITEM or _cues(clauses[at]):
        return False
    before = clauses[at - 1]
    return before.sentence == clauses[at].sentence and any(sign.kind == "except" for sign in before.signs)


def _sort(clause: Clause, inherited: str | None, excepted: bool, said: Said) -> None:
    spare = next((sign.at for sign in clause.signs if sign.kind == "except"), None)
    denied = any(sign.kind in DENIALS for sign in clause.signs)
    for sign in clause.signs:
        side = _of(sign, clause, inherited) if sign.named or sign.kind == "rest" else None
        if sign.named and (excepted or (spare is not None and sign.at > spare)):
            said.spared.append(sign)
        elif sign.named:
            (said.no if side == "no" else said.yes if side == "yes" else said.unsided).append(sign)
            if side == "yes" and any(each.kind == "keep" for each in clause.signs):
                said.keepers.append(sign)
        elif sign.kind == "nothing" or (sign.kind == "rest" and side == "no"):
            said.rest_no.append(sign)
        elif sign.kind == "rest" or (sign.kind == "keep" and not denied):
            said.kept.append(sign)
        elif sign.kind == "only" and any(each.named for each in clause.signs):
            (said.only_no if denied else said.only).append(sign)
        elif sign.kind == "all" and any(each.kind in (*DENIALS, *CONSENTS) for each in clause.signs):
            said.everything.append(sign)
        elif sign.kind in ("limit", "except") and _open(sign, clause):
            said.open_limits.append(sign)


def _open(limit: Sign, clause: Clause) -> bool:
    """A limit on something asked for, which names nothing we know."""
    named = limit.kind == "except" and any(each.named and each.at > limit.at for each in clause.signs)
    return not named and any(each.kind in LIMITED for each in clause.signs)
