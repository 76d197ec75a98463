"""A yes that lacks proof: the person is asked to confirm once; nothing is recorded as given."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.ASK_CLICK


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; ask once."""
    handle_ = case.identity.handle
    if handle_ is None:
        return Outcome()
    return Outcome((), "click_asked", covers(case, step, handle_))
