"""The person objects to direct marketing: absolute, no reason asked (GDPR 21(2)-(3))."""

from bot.handlers.base import Case, Outcome, answer, say_no
from bot.policy.decision import Action, Step
from storage.records import ConsentStatus, EventTag

ACTION = Action.OBJECT


def handle(step: Step, case: Case) -> Outcome:
    """Record it at once, on every file of the handle, and confirm."""
    changes = say_no(case, step, EventTag.OBJECT, ConsentStatus.WITHDRAWN)
    return answer(case, step, changes, "objection_confirmed")
