"""In doubt marketing pauses at once, provisionally, and a person decides."""

from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action, Step
from storage.records import ALL

ACTION = Action.PAUSE


def handle(step: Step, case: Case) -> Outcome:
    """Suspend every marketing message to the handle until the review; nothing is answered."""
    who = case.identity.handle
    if who is None:
        return Outcome()
    case.uow.suppression.add(who, "pause", case.now, channel=ALL, purpose=ALL, provisional=True)
    return Outcome(({"event": "marketing:pause", "purpose": ALL, "channel": ALL},))
