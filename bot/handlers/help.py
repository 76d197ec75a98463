"""What can be written here, in a few lines."""

from bot.handlers.base import Case, Outcome, answer
from bot.policy.decision import Action, Step

ACTION = Action.HELP


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; explain."""
    return answer(case, step, (), "help")
