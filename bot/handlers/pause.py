"""In doubt marketing pauses at once, provisionally, and a person decides."""

from datetime import datetime

from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action, Step
from storage.records import ALL, Handle
from storage.unit_of_work import UnitOfWork

ACTION = Action.PAUSE


def handle(step: Step, case: Case) -> Outcome:
    """Suspend every marketing message to the handle until the review; nothing is answered."""
    who = case.identity.handle
    if who is None:
        return Outcome()
    pause(who, case.uow, case.now)
    return Outcome(({"event": "marketing:pause", "purpose": ALL, "channel": ALL},))


def pause(who: Handle, uow: UnitOfWork, now: datetime) -> None:
    """Provisionally, for every purpose and channel."""
    uow.suppression.add(who, "pause", now, channel=ALL, purpose=ALL, provisional=True)
