"""An unprompted wish to receive: double opt-in, nothing is recorded as given before the confirmation."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.SUBSCRIBE


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; ask once."""
    handle_ = case.identity.handle
    if handle_ is None:
        return Outcome()
    return Outcome((), "subscribe_asked", covers(case, step, handle_))
