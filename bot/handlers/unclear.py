"""Nothing could be read in it: the person is told what can be written here, when the operator wants that."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.UNCLEAR


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; answer with the help text."""
    who = case.identity.handle
    return Outcome((), "help", covers(case, step, who)) if who else Outcome()
