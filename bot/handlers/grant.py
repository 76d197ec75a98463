"""The person says yes to an open request: recorded only for what was asked, with the wording as evidence."""

from bot.handlers.base import Case, Outcome, answer, close_invitation, record
from bot.policy.decision import Action, Step
from nlp.understanding import Scope
from storage.records import ALL, ConsentStatus, EventTag

ACTION = Action.GRANT


def handle(step: Step, case: Case) -> Outcome:
    """Grant what was both asked and accepted; nothing wider than the request can be given."""
    uow = case.uow
    invitation = uow.invitations.get(case.identity.invitation_id or "")
    party = uow.parties.get(invitation.party_id) if invitation else None
    if invitation is None or party is None:
        return Outcome()
    asked = invitation.purposes
    purposes = asked if step.scope.purposes == (ALL,) else tuple(p for p in step.scope.purposes if p in asked)
    if step.scope.channels not in ((ALL,), (invitation.channel,)) and invitation.channel not in step.scope.channels:
        purposes = ()
    changes = tuple(record(case, party, EventTag.GRANT, ConsentStatus.RENEWED, purpose, invitation.channel,
                           invitation.notice)
                    for purpose in purposes)
    if not changes:
        return Outcome()
    close_invitation(case)
    granted = Step(step.action, Scope((invitation.channel,), purposes, explicit=True))
    return answer(case, granted, changes, "grant_confirmed")
