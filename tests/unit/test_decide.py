"""The decision table, case by case."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Assurance, Fact, Findings, Identity, RuleHit
from bot.policy.decide import Limits, State, decide, grant_lacks
from bot.policy.decision import Action, Decision, Priority
from nlp.intents import Intent
from nlp.understanding import Flag, Scope, Understanding
from storage.records import ChannelKind, Handle, Invitation

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANNA = Handle(ChannelKind.EMAIL, "anna@example.org")
LIMITS = Limits(stop=0.6, right=0.7, grant=0.9)
ASKED = Invitation("i1", "p1", ANNA, ("newsletter",), "email", "<q@x>", NOW - timedelta(days=1),
                   NOW + timedelta(days=6), "notice-1")
KNOWN = Identity(ANNA, Assurance.AUTHENTICATED, True, ("p1",), "i1")


def run(*intents: Intent, confidence: float = 0.99, identity: Identity = KNOWN, state: State | None = None,
        flags: tuple[Flag, ...] = (), facts: tuple[RuleHit, ...] = (), scope: Scope | None = None,
        abstained: str | None = None, limits: Limits = LIMITS, method: str = "model") -> Decision:
    read = Understanding(intents, confidence, {}, scope or Scope(), "en", flags=flags, abstained=abstained,
                         method=method)
    return decide(Findings(facts), read, identity, state or State(ASKED), "FR-01", NOW, limits)


def actions(decision: Decision) -> list[Action]:
    return [step.action for step in decision.steps]


def test_a_stop_needs_no_proof_of_who_wrote() -> None:
    stranger = Identity(ANNA, Assurance.CLAIMED, False)
    assert actions(run(Intent.UNSUBSCRIBE, identity=stranger)) == [Action.OBJECT]


def test_a_doubtful_stop_pauses_and_is_held() -> None:
    decision = run(Intent.UNSUBSCRIBE, confidence=0.4)
    assert actions(decision) == [Action.PAUSE]
    assert decision.hold


def test_an_abstention_is_never_automatic() -> None:
    assert actions(run(Intent.WITHDRAW, abstained="negation")) == [Action.PAUSE]


def test_yes_and_stop_is_stop() -> None:
    assert actions(run(Intent.GRANT, Intent.UNSUBSCRIBE)) == [Action.OBJECT]


def test_partial_yes_is_both() -> None:
    scope = Scope(("sms",), granted_channels=("email",), explicit=True)
    decision = run(Intent.GRANT, Intent.REFUSE, scope=scope)
    assert actions(decision) == [Action.REFUSE, Action.GRANT]
    assert decision.steps[1].scope.channels == ("email",)


@pytest.mark.parametrize(("identity", "state"), [
    (KNOWN, State(None)),
    (Identity(ANNA, Assurance.CLAIMED, False, ("p1",), "i1"), State(ASKED)),
    (KNOWN, State(ASKED, refused_since=True)),
])
def test_a_yes_that_lacks_something_is_asked_for(identity: Identity, state: State) -> None:
    assert grant_lacks(identity, state, NOW)
    assert actions(run(Intent.GRANT, identity=identity, state=state)) == [Action.ASK_CLICK]


def test_a_plain_authenticated_answer_grants() -> None:
    assert actions(run(Intent.GRANT)) == [Action.GRANT]


def test_an_expired_request_cannot_be_answered() -> None:
    assert grant_lacks(KNOWN, State(ASKED), NOW + timedelta(days=30)) == "the request has expired"


def test_a_threat_goes_first_and_its_no_is_applied() -> None:
    decision = run(Intent.UNSUBSCRIBE, flags=(Flag.LEGAL_THREAT,))
    assert actions(decision) == [Action.OBJECT, Action.HOLD]
    assert decision.priority is Priority.FIRST


def test_several_things_each_on_its_row_rights_first() -> None:
    assert actions(run(Intent.UNSUBSCRIBE, Intent.ACCESS)) == [Action.RIGHTS, Action.OBJECT]


MARKED = RuleHit(Fact.LOOP, "our mark", {"kind": "loop"})
OWN = RuleHit(Fact.LOOP, "our address", {"kind": "own"})
ANSWER = RuleHit(Fact.AUTO_SUBMITTED, "auto-replied", {"kind": "answer"})
ROBOT = RuleHit(Fact.AUTO_SUBMITTED, "auto-generated", {"kind": "robot"})
LIST = RuleHit(Fact.LIST_TRAFFIC, "List-Id")
PRESSED = RuleHit(Fact.ONE_CLICK, "one-click")
TOKEN = Identity(ANNA, Assurance.TOKEN, False, ("p1",))


@pytest.mark.parametrize("intent", list(Intent))
@pytest.mark.parametrize("fact", [MARKED, OWN, ANSWER, ROBOT, LIST], ids=["mark", "own", "answer", "robot", "list"])
def test_a_robot_is_never_answered_and_never_believed(fact: RuleHit, intent: Intent) -> None:
    decision = run(intent, facts=(fact,))
    assert not decision.reply
    assert set(actions(decision)) <= {Action.IGNORE, Action.HOLD, Action.PAUSE}
    assert decision.hold == (actions(decision) != [Action.IGNORE])


@pytest.mark.parametrize(("facts", "method", "action"), [
    ((ROBOT,), "model", Action.PAUSE), ((ROBOT,), "exact", Action.PAUSE),
    ((ANSWER,), "model", Action.IGNORE), ((ANSWER,), "exact", Action.PAUSE),
    ((LIST,), "model", Action.IGNORE), ((LIST,), "exact", Action.PAUSE),
    ((ROBOT, LIST), "model", Action.IGNORE), ((ROBOT, LIST), "exact", Action.PAUSE),
    ((OWN,), "model", Action.HOLD), ((OWN,), "exact", Action.HOLD), ((OWN, LIST), "model", Action.HOLD),
    ((MARKED,), "exact", Action.IGNORE), ((MARKED, ROBOT), "exact", Action.IGNORE),
])
def test_a_plain_no_in_a_robots_mail_pauses_and_is_read(facts: tuple[RuleHit, ...], method: str,
                                                        action: Action) -> None:
    decision = run(Intent.UNSUBSCRIBE, facts=facts, method=method)
    assert actions(decision) == [action]
    assert decision.hold == (action is not Action.IGNORE)


def test_a_doubtful_no_of_a_robot_is_nothing() -> None:
    assert actions(run(Intent.UNSUBSCRIBE, facts=(ROBOT,), confidence=0.5)) == [Action.IGNORE]
    assert actions(run(Intent.UNSUBSCRIBE, facts=(ROBOT,), abstained="a long message")) == [Action.IGNORE]
    assert actions(run(Intent.UNSUBSCRIBE, Intent.AUTO_REPLY, facts=(ROBOT,))) == [Action.IGNORE]
    assert actions(run(Intent.GRANT, facts=(ROBOT,))) == [Action.IGNORE]


def test_a_plain_right_in_a_robots_mail_is_held_because_its_clock_runs() -> None:
    assert actions(run(Intent.ACCESS, facts=(ROBOT,))) == [Action.HOLD]
    assert actions(run(Intent.ERASURE, facts=(ROBOT,))) == [Action.PAUSE]
    assert actions(run(Intent.ACCESS, facts=(ANSWER,))) == [Action.IGNORE]


@pytest.mark.parametrize(("fact", "identity", "action"), [
    (ROBOT, TOKEN, Action.OBJECT), (ANSWER, TOKEN, Action.OBJECT), (LIST, TOKEN, Action.OBJECT),
    (MARKED, TOKEN, Action.IGNORE), (ROBOT, KNOWN, Action.PAUSE), (LIST, KNOWN, Action.PAUSE),
    (MARKED, KNOWN, Action.IGNORE),
])
def test_a_program_may_press_unsubscribe_with_our_token(fact: RuleHit, identity: Identity, action: Action) -> None:
    decision = run(Intent.OTHER, facts=(fact, PRESSED), identity=identity)
    assert actions(decision) == [action]
    assert not decision.reply


def test_a_complaint_report_is_an_objection_without_answer() -> None:
    decision = run(Intent.OTHER, facts=(RuleHit(Fact.COMPLAINT, "abuse"),))
    assert actions(decision) == [Action.OBJECT]
    assert not decision.reply


def test_about_somebody_else_a_person_decides_and_a_no_pauses() -> None:
    decision = run(Intent.UNSUBSCRIBE, flags=(Flag.OTHER_HANDLE,))
    assert actions(decision) == [Action.PAUSE]
    assert decision.hold


def test_anything_else_waits_quietly() -> None:
    decision = run(Intent.OTHER)
    assert actions(decision) == [Action.HOLD]
    assert decision.priority is Priority.LOW
    assert not decision.reply


def test_a_call_for_help_is_answered_and_nothing_is_held() -> None:
    decision = run(Intent.OTHER, facts=(RuleHit(Fact.HELP_WORD, "help"),))
    assert actions(decision) == [Action.HELP]
    assert decision.reply
    assert not decision.hold


NAMES_JIM = RuleHit(Fact.NAMED_HANDLE, "one other address is named", {"handle": "jim@example.net"})


def test_a_no_about_another_address_is_put_to_that_address_and_the_senders_own_no_counts() -> None:
    decision = run(Intent.UNSUBSCRIBE, facts=(NAMES_JIM,))
    assert actions(decision) == [Action.OBJECT, Action.CHALLENGE]
    assert decision.steps[1].target == Handle(ChannelKind.EMAIL, "jim@example.net")


def test_a_right_about_another_address_is_never_put_to_it() -> None:
    assert actions(run(Intent.ACCESS, facts=(NAMES_JIM,))) == [Action.RIGHTS]


def test_about_another_person_the_named_address_is_asked_and_a_reviewer_reads() -> None:
    decision = run(Intent.UNSUBSCRIBE, flags=(Flag.OTHER_HANDLE,), facts=(NAMES_JIM,))
    assert actions(decision) == [Action.PAUSE, Action.CHALLENGE]
    assert decision.hold


def test_several_named_addresses_are_nobodys_challenge() -> None:
    several = RuleHit(Fact.NAMED_HANDLE, "3 other addresses are named")
    assert actions(run(Intent.UNSUBSCRIBE, facts=(several,))) == [Action.OBJECT]


def test_the_unclear_are_answered_only_when_the_operator_wants_that() -> None:
    decision = run(Intent.OTHER, limits=Limits(0.6, 0.7, 0.9, answer_unclear=True))
    assert actions(decision) == [Action.UNCLEAR]
    assert decision.reply
    assert decision.hold


@pytest.mark.parametrize("facts", [(), (ROBOT,), (LIST,), (ANSWER,), (OWN,), (PRESSED,)])
def test_a_reviewer_is_believed_about_what_is_wanted(facts: tuple[RuleHit, ...]) -> None:
    decision = run(Intent.ACCESS, Intent.UNSUBSCRIBE, confidence=1.0, facts=facts, method="staff")
    assert actions(decision) == [Action.RIGHTS, Action.OBJECT]
    assert not decision.hold
    closed = run(Intent.OTHER, confidence=1.0, facts=facts, method="staff")
    assert (actions(closed), closed.hold, closed.reply) == ([Action.IGNORE], False, False)


def test_a_yes_by_a_reviewer_lacks_what_every_yes_lacks() -> None:
    assert actions(run(Intent.GRANT, confidence=1.0, method="staff")) == [Action.GRANT]
    assert actions(run(Intent.GRANT, confidence=1.0, state=State(), method="staff")) == [Action.ASK_CLICK]


def test_an_automatic_text_in_doubt_is_not_thrown_away() -> None:
    assert actions(run(Intent.AUTO_REPLY)) == [Action.IGNORE]
    doubtful = run(Intent.AUTO_REPLY, abstained="unusual wording")
    assert actions(doubtful) == [Action.HOLD]
    assert doubtful.hold


def test_a_message_in_which_there_may_be_a_no_pauses() -> None:
    read = Understanding((Intent.OTHER,), 0.5, {Intent.UNSUBSCRIBE: 0.4}, Scope(), "en", abstained="unusual wording")
    decision = decide(Findings(()), read, KNOWN, State(), "FR-01", NOW, LIMITS)
    assert actions(decision) == [Action.PAUSE]
    assert decision.hold
    sure = dataclasses.replace(read, abstained=None)
    assert actions(decide(Findings(()), sure, KNOWN, State(), "FR-01", NOW, LIMITS)) == [Action.HOLD]


def test_a_yes_in_doubt_is_read_by_a_person_and_asks_nothing() -> None:
    decision = run(Intent.GRANT, abstained="a yes of many words may have limits")
    assert actions(decision) == [Action.HOLD]
    assert decision.hold


def test_the_no_inside_a_yes_is_a_no_whatever_the_intents_are() -> None:
    scope = Scope(("sms",), granted_channels=("email",), granted_purposes=("all",), explicit=True)
    decision = run(Intent.GRANT, scope=scope)
    assert actions(decision) == [Action.REFUSE, Action.GRANT]
    assert decision.steps[0].scope.channels == ("sms",)
    assert decision.steps[1].scope.channels == ("email",)


def test_a_threat_comes_before_another_handle() -> None:
    decision = run(Intent.ERASURE, flags=(Flag.LEGAL_THREAT, Flag.OTHER_HANDLE))
    assert decision.priority is Priority.FIRST
    assert Action.RIGHTS in actions(decision)
