"""The person exercises a right: a request is opened, the clock started at receipt, and acknowledged."""

from bot.handlers.base import Case, Outcome, covers
from bot.policy.deadlines import due_at
from bot.policy.decision import Action, Step
from storage.records import RightsArticle, RightsRequest

ACTION = Action.RIGHTS


def handle(step: Step, case: Case) -> Outcome:
    """Open the case; the acknowledgement is the same whether or not the person is known (GDPR 12(3), 12(6))."""
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
    return Outcome((change,), "rights_acknowledged", variables)
