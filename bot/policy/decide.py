"""What is to be done with a message: a pure function over the table in `table.py`.

The order of the tests is the policy; read it from top to bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.messages import Assurance, Fact, Findings, Identity, RuleHit
from bot.policy.decision import Action, Decision, Priority, Step
from bot.policy.table import NOES, RIGHTS, ROWS, STOPS, YESES, Row
from nlp.intents import Intent
from nlp.understanding import ALL, STAFF, Flag, Scope, Understanding
from storage.records import ChannelKind, Handle, Invitation

ROBOTS = (Fact.LOOP, Fact.AUTO_SUBMITTED, Fact.LIST_TRAFFIC)
PERHAPS = 0.25  # the score of a no that pauses when nothing is sure


@dataclass(frozen=True, slots=True)
class State:
    """What the store says about the sender, as far as deciding needs it."""

    invitation: Invitation | None = None  # the open request this message answers
    refused_since: bool = False  # a no recorded after the invitation was sent
    several_capacities: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator set: the calibrated probability each kind of action needs, and whether to explain ourselves
    to somebody whose message nobody could read."""

    stop: float
    right: float
    grant: float
    answer_unclear: bool = False

    def of(self, threshold: str) -> float:
        """The probability of a row's threshold, by its name."""
        return {"stop": self.stop, "right": self.right, "grant": self.grant}[threshold]


def decide(
    findings: Findings,
    understanding: Understanding,
    identity: Identity,
    state: State,
    regime: str,
    now: datetime,
    limits: Limits,
) -> Decision:
    """Facts and wishes in, steps out."""
    report = _report(findings, regime)
    if report is not None:
        return report
    if understanding.method == STAFF:
        return _told(findings, understanding, identity, state, regime, now, limits)
    robots = tuple(hit for hit in map(findings.get, ROBOTS) if hit is not None)
    if robots:
        return _robot(robots, findings, understanding, identity, limits, regime)
    if findings.has(Fact.ONE_CLICK):
        return Decision((Step(Action.OBJECT),), "one-click", "one-click unsubscribe (RFC 8058, RFC 2369)",
                        regime=regime)
    if Intent.AUTO_REPLY in understanding.intents and understanding.abstained is None:
        return Decision((Step(Action.IGNORE),), "automatic-text", "the text is an automatic reply", reply=False,
                        regime=regime)
    if findings.has(Fact.HELP_WORD):
        return Decision((Step(Action.HELP),), "help", "the whole message is a call for help", regime=regime)
    asked = _challenge(findings, understanding)
    if Flag.OTHER_HANDLE in understanding.flags and Flag.LEGAL_THREAT not in understanding.flags:
        return _other_handle(understanding, asked, regime)
    steps, rows, doubt = _steps(understanding, identity, state, now, limits)
    steps += asked
    if Flag.LEGAL_THREAT in understanding.flags:
        return Decision((*steps, Step(Action.HOLD)), "threat", "a lawyer, an authority or a complaint is named",
                        hold=True, priority=Priority.FIRST, regime=regime)
    if not rows and _perhaps_a_no(understanding):
        return Decision((Step(Action.PAUSE),), "other", f"there may be a no in it: {understanding.abstained}",
                        hold=True, regime=regime)
    if not rows:
        return Decision((Step(Action.UNCLEAR if limits.answer_unclear else Action.HOLD),), "other",
                        understanding.abstained or "no request was recognised", hold=True, priority=Priority.LOW,
                        reply=limits.answer_unclear, regime=regime)
    return Decision(steps, rows[0].id, doubt or f"understood as {', '.join(row.intent for row in rows)}",
                    hold=bool(doubt), regime=regime)


def _told(findings: Findings, understanding: Understanding, identity: Identity, state: State, regime: str,
          now: datetime, limits: Limits) -> Decision:
    """A reviewer says what it wants: what makes us doubt a reader was looked at. A yes still needs its proof."""
    steps, rows, _ = _steps(understanding, identity, state, now, limits)
    if not rows:
        return Decision((Step(Action.IGNORE),), "other", "a reviewer says that nothing is left to do", reply=False,
                        regime=regime)
    steps += _challenge(findings, understanding)
    return Decision(steps, rows[0].id, f"a reviewer understood {', '.join(row.intent for row in rows)}", regime=regime)


def _report(findings: Findings, regime: str) -> Decision | None:
    """A machine's report is never answered; what it says of our mail counts."""
    if findings.has(Fact.COMPLAINT):
        return Decision((Step(Action.OBJECT),), "complaint-report", "a spam complaint is an objection (RFC 5965)",
                        reply=False, regime=regime)
    bounce = findings.get(Fact.BOUNCE)
    if bounce is None:
        return None
    hard = bounce.data.get("class") == "hard"
    return Decision((Step(Action.INVALIDATE if hard else Action.IGNORE),), "bounce", bounce.reason, reply=False,
                    regime=regime)


def _robot(robots: tuple[RuleHit, ...], findings: Findings, understanding: Understanding, identity: Identity,
           limits: Limits, regime: str) -> Decision:
    """A robot's mail is never answered and mostly ignored; but a plain no in it is not lost.

    Our own mail come back says nothing. A program may use the unsubscribe address: with our token that is a no, without
    it is a doubtful one.
    """
    token = identity.assurance is Assurance.TOKEN
    if any(hit.data.get("kind") == "loop" for hit in robots):
        action = Action.IGNORE
    elif findings.has(Fact.ONE_CLICK):
        action = Action.OBJECT if token else Action.PAUSE
    else:
        action = _plainly_asked(robots, understanding, limits)
    kept = action in (Action.PAUSE, Action.HOLD)
    reason = robots[0].reason + ("; yet it plainly asks for something" if kept else "")
    return Decision((Step(action),), robots[0].fact.value.replace("_", "-"), reason, hold=kept, reply=False,
                    regime=regime)


def _plainly_asked(robots: tuple[RuleHit, ...], understanding: Understanding, limits: Limits) -> Action:
    """A no pauses and a right is held, when it is plain.

    A list's mail and an automatic answer say many things ("to unsubscribe ...", "I no longer work here, take me off
    your list"): there only a whole-message word is plain. Other automatic mail may carry a person's words, from a web
    form or through a gateway: there what the reader is sure of is plain. Under our own address, where a group that
    rewrites From puts a person's mail, any wish is, and there is nobody to pause.
    """
    wanted, kinds = frozenset(understanding.intents), {hit.data.get("kind") for hit in robots}
    asked = Action.PAUSE if wanted & NOES else Action.HOLD if wanted & RIGHTS else Action.IGNORE
    if asked is Action.IGNORE or Intent.AUTO_REPLY in wanted:
        return Action.IGNORE
    if "own" in kinds:
        return Action.HOLD
    if "answer" in kinds or any(hit.fact is Fact.LIST_TRAFFIC for hit in robots):
        plain = understanding.method == "exact"
    else:
        plain = understanding.abstained is None and understanding.confidence >= limits.stop
    return asked if plain else Action.IGNORE


def _perhaps_a_no(understanding: Understanding) -> bool:
    """The reader is in doubt, and a part of the message, or something of the whole, sounds like a no."""
    return understanding.abstained is not None and any(
        score >= PERHAPS for intent, score in understanding.scores.items() if intent in NOES)


def _challenge(findings: Findings, understanding: Understanding) -> tuple[Step, ...]:
    """A no that names another address is put to that address: never applied to it on somebody else's word."""
    named = findings.get(Fact.NAMED_HANDLE)
    value = named.data.get("handle") if named else None
    if value is None or not NOES.intersection(understanding.intents):
        return ()
    return (Step(Action.CHALLENGE, target=Handle(ChannelKind.EMAIL, value)),)


def _other_handle(understanding: Understanding, asked: tuple[Step, ...], regime: str) -> Decision:
    """About another handle or person: the sender's marketing pauses if a no is in it; a person does the rest."""
    action = Action.PAUSE if NOES.intersection(understanding.intents) else Action.HOLD
    return Decision((Step(action), *asked), "other-handle", "it is about another handle or person",
                    hold=True, regime=regime)


def _steps(
    understanding: Understanding, identity: Identity, state: State, now: datetime, limits: Limits
) -> tuple[tuple[Step, ...], tuple[Row, ...], str]:
    """Every intent on its own row, in the table's order; a stop cancels every unscoped yes."""
    rows = tuple(row for row in ROWS if row.intent in understanding.intents)
    sure = understanding.abstained is None
    steps: list[Step] = []
    doubts: list[str] = []
    for row in rows:
        enough = understanding.confidence >= limits.of(row.threshold)
        action = row.action if enough and sure else row.below
        if action is Action.ASK_CLICK and not sure:
            action = Action.HOLD  # it may be a no: nothing is asked before a person has read it
        if action in (Action.PAUSE, Action.HOLD):
            doubts.append(understanding.abstained or f"not sure enough for {row.id}")
        if action is Action.GRANT:
            lack = grant_lacks(identity, state, now)
            if lack:
                action = Action.ASK_CLICK
        steps.append(Step(action, _scope(action, understanding.scope), row.article))
    stopped = any(step.action in STOPS or step.action is Action.PAUSE for step in steps)
    if stopped and not _partial(understanding.scope):
        steps = [step for step in steps if step.action not in YESES]
    if not stopped and _partial(understanding.scope) and _limited(understanding.scope):
        steps.insert(0, Step(Action.REFUSE, understanding.scope))  # the no inside a yes is a no
    return tuple(dict.fromkeys(steps)), rows, "; ".join(dict.fromkeys(doubts))


def _limited(scope: Scope) -> bool:
    return (scope.channels, scope.purposes) != ((ALL,), (ALL,))


def _partial(scope: Scope) -> bool:
    return bool(scope.granted_channels or scope.granted_purposes)


def _scope(action: Action, scope: Scope) -> Scope:
    """A partial yes carries two scopes: what is granted goes with the yes, the rest with the no."""
    if action in YESES and _partial(scope):
        return Scope(scope.granted_channels or (ALL,), scope.granted_purposes or (ALL,), explicit=True)
    return scope


def grant_lacks(identity: Identity, state: State, now: datetime) -> str | None:
    """What a yes still needs before it may be recorded, or None. A yes is never guessed."""
    if state.invitation is None:
        return "it answers no open request"
    if state.invitation.answered_at is not None:
        return "the request was answered already"
    if now >= state.invitation.expires_at:
        return "the request has expired"
    if not identity.authenticated:
        return "the sender is not authenticated"
    if state.refused_since:
        return "there is a later no"
    return None
