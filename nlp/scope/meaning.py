"""From what was said to what is stopped and what is granted. Where a limit is heard but not understood: doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nlp.intents import Intent
from nlp.scope.signs import Sign
from nlp.scope.stance import Said
from nlp.understanding import ALL, Scope

CHANNELS = ("email", "sms", "phone", "post", "chat")
NOES = frozenset({Intent.UNSUBSCRIBE, Intent.WITHDRAW, Intent.REFUSE, Intent.OBJECTION})
YESES = frozenset({Intent.GRANT, Intent.SUBSCRIBE})
LETTERS = "letters"  # words for mail on paper that may be said of any message
ANY = "any"  # "do not write": by no channel
# "no more offers", said alone, is no more of anything
GENERAL = frozenset({ANY, "email", "chat", LETTERS, "newsletter", "offers", "events"})
ELSEWHERE = frozenset({"partners", "profiling"})  # what is objected to beside receiving anything
IN_THE_FILE = frozenset({"profiling", "loyalty"})  # what an account is also called
MIXED = "a yes and a no, but not to what"
NOTHING_LEFT = "what is kept and what is stopped are the same"
TWO_KINDS = "channels and purposes are limited apart from each other"


@dataclass(frozen=True, slots=True)
class Covered:
    """Channels and purposes; empty means all of them."""

    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return bool(self.channels or self.purposes)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The scope, or the doubt that forbids one."""

    scope: Scope = field(default_factory=Scope)
    doubt: str | None = None


def meaning(said: Said, intents: Sequence[Intent], purposes: Sequence[str], text: str) -> Meaning:
    """What the signs mean for these intents. `purposes`: the operator's keys."""
    wanted = set(intents)
    if wanted & YESES:
        if Intent.GRANT not in wanted:
            said.no = []  # an unprompted wish to receive: what they did not want was before
        return _yes(said, wanted, purposes, text)
    if not wanted & NOES:
        return Meaning()
    objecting = wanted & NOES == {Intent.OBJECTION}
    said.no = [sign for sign in said.no if _belongs(sign, objecting, wanted)]
    return _objected(said) if objecting else _no(said, purposes, text)


def _belongs(sign: Sign, objecting: bool, wanted: set[Intent]) -> bool:
    """Whether the no is about this. Beside another no, partners and profiling belong to the objection, and
    "delete my profile" to the erasure: neither narrows what is stopped."""
    if Intent.OBJECTION in wanted and not objecting:
        return sign.key not in ELSEWHERE
    return Intent.ERASURE not in wanted or sign.key not in IN_THE_FILE


def _objected(said: Said) -> Meaning:
    """An objection alone is to sharing or profiling; whatever else it mentions is the story around it."""
    found = _covered(sign for sign in said.no if sign.key in ELSEWHERE)
    return Meaning(_stop(found)) if found else Meaning()


def _no(said: Said, purposes: Sequence[str], text: str) -> Meaning:
    """What is stopped: what is named with a no, or all but what is kept."""
    kept = said.spared or (said.yes if said.rest_no or said.only else [])
    spared, stopped = _covered(kept), _covered(said.no if _pointed(said) else [])
    unclear = _unclear(said, text)
    if spared:
        if said.story or (spared.channels and spared.purposes):
            return Meaning(doubt=_words(text, kept))
        rest = _others(spared, purposes)
        return Meaning(_stop(rest), unclear) if rest else Meaning(doubt=NOTHING_LEFT)
    if stopped:
        apart = stopped.channels and stopped.purposes and _apart(said.no)
        return Meaning(doubt=TWO_KINDS) if apart else Meaning(_stop(stopped), unclear)
    left = [*(sign for sign in said.rest_no if sign.kind == "rest"), *said.only]
    left += [] if said.story else said.keepers
    return Meaning(_everything(said), unclear or (_words(text, left) if left else None))


def _yes(said: Said, wanted: set[Intent], purposes: Sequence[str], text: str) -> Meaning:
    """What is granted: what is named with a yes and nothing beyond it, or all but what is refused."""
    named = [sign for sign in said.spared or said.yes or said.no if sign.key != ANY]
    if said.story and named:
        return Meaning(doubt="a long answer names several things: " + _words(text, named))
    refused, mixed = {sign.key for sign in said.no}, {Intent.GRANT, Intent.REFUSE} <= wanted
    narrower = Intent.GRANT in wanted and not (mixed or refused)  # what a yes names beside itself can only narrow it
    accepted = _covered(sign for sign in said.yes or (said.unsided if narrower else []) if sign.key not in refused)
    unclear = _unclear(said, text)
    if said.spared or (said.no and not accepted):
        return _granted(_all_but(_covered(said.spared or said.no), purposes), True, purposes, unclear)
    if accepted:
        return _granted(accepted, bool(wanted & NOES), purposes, unclear)
    left = [*said.rest_no, *said.only]
    return Meaning(_everything(said), unclear or (_words(text, left) if left else MIXED if mixed else None))


def _unclear(said: Said, text: str) -> str | None:
    """A limit that names nothing we know; in a long text it limits the story."""
    return _words(text, said.open_limits) if said.open_limits and not said.story else None


def _covered(signs: Iterable[Sign]) -> Covered:
    names = {(sign.kind, "post" if sign.key == LETTERS else sign.key) for sign in signs}
    if not names.isdisjoint((("purpose", "partners"), ("channel", "phone"), ("channel", "post"))):
        names.discard(("purpose", "offers"))  # "your partners' offers", "sales calls", "paper advertising"
    channels = () if ("channel", ANY) in names else tuple(key for key in CHANNELS if ("channel", key) in names)
    return Covered(channels, tuple(key for kind, key in sorted(names) if kind == "purpose"))


def _others(covered: Covered, purposes: Sequence[str]) -> Covered:
    """All but these. Of a channel for one purpose: every purpose but that one."""
    if covered.purposes:
        return Covered((), tuple(key for key in purposes if key not in covered.purposes))
    return Covered(tuple(key for key in CHANNELS if key not in covered.channels), ())


def _all_but(refused: Covered, purposes: Sequence[str]) -> Covered | None:
    """Neither these channels nor these purposes: of two limits both hold, for a yes is never guessed."""
    channels = tuple(key for key in CHANNELS if key not in refused.channels)
    others = tuple(key for key in purposes if key not in refused.purposes)
    if not channels or (refused.purposes and not others):
        return None
    return Covered(channels if refused.channels else (), others if refused.purposes else ())


def _everything(said: Said) -> Scope:
    """Nothing is limited; whether "everything" was said makes it explicit."""
    return Scope(explicit=bool(said.everything))


def _pointed(said: Said) -> bool:
    """Whether the no is about what it names only. "No more offers" is about everything, unless something is kept."""
    together = len({sign.kind for sign in said.no}) > 1 and not _apart(said.no)
    return bool(together or said.yes or said.kept or said.only_no) or any(
        sign.key not in GENERAL for sign in said.no)


def _apart(signs: Sequence[Sign]) -> bool:
    """Whether no clause names a channel and a purpose together."""
    channels = {sign.clause for sign in signs if sign.kind == "channel"}
    return channels.isdisjoint(sign.clause for sign in signs if sign.kind == "purpose")


def _stop(covered: Covered) -> Scope:
    return Scope(covered.channels or (ALL,), covered.purposes or (ALL,), explicit=True)


def _granted(granted: Covered | None, refusing: bool, purposes: Sequence[str], unclear: str | None) -> Meaning:
    """The yes and, where something is refused, the rest as the no. A yes with nothing in it is not understood."""
    rest = _others(granted, purposes) if granted and refusing else Covered()
    if not granted or (refusing and not rest):
        return Meaning(doubt=NOTHING_LEFT)
    return Meaning(Scope(rest.channels or (ALL,), rest.purposes or (ALL,), granted.channels or (ALL,),
                         granted.purposes or (ALL,), explicit=True), unclear)


def _words(text: str, signs: Sequence[Sign]) -> str:
    first = min(signs, key=lambda sign: sign.start)
    return f"the words '{text[first.start : first.end]}' limit what is meant"
