"""Who asks is not proven: ask through the handle on file, never reveal whether we know the person."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.decision import Action, Step

ACTION = Action.CHALLENGE


def handle(step: Step, case: Case) -> Outcome:
    """Change nothing; ask once."""
    handle_ = case.identity.handle
    if handle_ is None:
        return Outcome()
    return Outcome((), "identity_challenge", covers(case, step, handle_))
