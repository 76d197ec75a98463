"""A yes that lacks proof: the person is asked to confirm once; nothing is recorded as given."""

from bot.handlers.base import Case, Outcome, ask_once
from bot.policy.decision import Action, Step

ACTION = Action.ASK_CLICK


def handle(step: Step, case: Case) -> Outcome:
    """Ask once; a plain, authenticated yes to the question is what counts."""
    return ask_once(case, step, "click_asked")
