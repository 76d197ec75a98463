"""The person takes back a consent (GDPR 7(3))."""

from bot.handlers.base import Case, Outcome, answer, say_no
from bot.policy.decision import Action, Step
from storage.records import ConsentStatus, EventTag

ACTION = Action.WITHDRAW


def handle(step: Step, case: Case) -> Outcome:
    """Record it at once, on every file of the handle, and confirm."""
    changes = say_no(case, step, EventTag.WITHDRAW, ConsentStatus.WITHDRAWN)
    return answer(case, step, changes, "withdrawal_confirmed")
