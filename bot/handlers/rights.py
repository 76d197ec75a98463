"""The person exercises a right: a request is opened, the clock started at receipt, and acknowledged."""

from bot.handlers.base import Case, Letter, Outcome, covers
from bot.policy.deadlines import due_at
from bot.policy.decision import Action, Step
from storage.records import RightsArticle, RightsRequest

ACTION = Action.RIGHTS


def handle(step: Step, case: Case) -> Outcome:
    """Open the case and acknowledge it, or ask who is writing when nobody vouches for the sender (GDPR 12(3), 12(6)).

    What is said depends on the proof the message came with, never on whether we know the person.
    """
    who = case.identity.handle
    if who is None:
        return Outcome()
    article = step.article or RightsArticle.A15
    due = due_at(case.message.received_at, 1, case.country)
    on_file = case.identity.authenticated and bool(case.identity.party_ids)
    request = RightsRequest(
        id=case.new_id(), party_id=case.identity.party_ids[0] if on_file else None, handle=who, article=article,
        received_at=case.message.received_at, due_at=due, status="acknowledged" if on_file else "identity_required",
        inbox_id=case.message.inbox_id,
    )
    case.uow.requests.open(request)
    change = {"event": "rights:open", "article": str(article), "due": due.date().isoformat()}
    variables = dict(covers(case, step, who)) | {"reference": request.id, "due": due, "article": str(article)}
    template = "rights_acknowledged" if case.identity.authenticated else "identity_challenge"
    return Outcome((change,), (Letter(template, who, variables),))
