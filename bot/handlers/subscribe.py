"""An unprompted wish to receive: double opt-in, nothing is recorded as given before the confirmation."""

from bot.handlers.base import Case, Outcome, ask_once
from bot.policy.decision import Action, Step

ACTION = Action.SUBSCRIBE


def handle(step: Step, case: Case) -> Outcome:
    """Ask once; a plain, authenticated yes to the question is what counts."""
    return ask_once(case, step, "subscribe_asked")
