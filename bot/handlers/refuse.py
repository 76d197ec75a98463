"""The person says no to a re-consent request."""

from bot.handlers.base import Case, Outcome, answer, say_no
from bot.policy.decision import Action, Step
from storage.records import ConsentStatus, EventTag

ACTION = Action.REFUSE


def handle(step: Step, case: Case) -> Outcome:
    """Record it at once, on every file of the handle, and confirm."""
    changes = say_no(case, step, EventTag.REFUSE, ConsentStatus.REFUSED)
    return answer(case, step, changes, "refusal_confirmed")
