"""What can be written here, in a few lines."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.HELP


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; ask once."""
    handle_ = case.identity.handle
    if handle_ is None:
        return Outcome()
    return Outcome((), "help", covers(case, step, handle_))
