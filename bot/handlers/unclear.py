"""Nobody could tell what is wanted: the sender is told what can be written here, when the operator wants that."""

from bot.handlers.base import Case, Outcome, answer
from bot.policy.decision import Action, Step

ACTION = Action.UNCLEAR


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; the message is held for a person all the same."""
    return answer(case, step, (), "help")
