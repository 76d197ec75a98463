"""A hard bounce makes the handle invalid; it is not a withdrawal (RFC 3464, DPV ConsentInvalidated)."""

from bot.handlers.base import Case, Outcome
from bot.policy.decision import Action, Step
from storage.records import ChannelKind, Handle

ACTION = Action.INVALIDATE


def handle(step: Step, case: Case) -> Outcome:
    """Mark the handle we wrote to, found by our own Message-ID; a bounce of what we never sent changes nothing."""
    who = bounced(case)
    if who is None:
        return Outcome()
    case.uow.parties.set_handle_validity(who, valid=False)
    return Outcome(({"event": "handle:invalid", "channel": str(who.kind)},))


def bounced(case: Case) -> Handle | None:
    """The recipient of our own message that the report returns, if the report names it too."""
    report = case.message.report
    original = report.original.get("Message-ID") if report else None
    sent = case.uow.outbox.by_message_id(original.strip()) if original else None
    if sent is None or sent.recipient.kind is not ChannelKind.EMAIL:
        return None
    return sent.recipient


