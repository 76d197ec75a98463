"""A reviewer reads it; nothing changes and nothing is answered."""

from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action, Step

ACTION = Action.HOLD


def handle(step: Step, case: Case) -> Outcome:
    """Leave everything as it is: the item itself is the queue entry."""
    return Outcome()
