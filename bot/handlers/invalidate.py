"""A hard bounce makes the handle invalid; it is not a withdrawal (RFC 3464, DPV ConsentInvalidated)."""

from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action, Step

ACTION = Action.INVALIDATE


def handle(step: Step, case: Case) -> Outcome:
    """Mark the handle we wrote to; a bounce of what we never sent changes nothing."""
    who = case.identity.handle
    if who is None:
        return Outcome()
    case.uow.parties.set_handle_validity(who, valid=False)
    return Outcome(({"event": "handle:invalid", "channel": str(who.kind)},))
