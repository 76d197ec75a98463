"""May this person be contacted? One question, or up to ten thousand."""

from __future__ import annotations

from http import HTTPStatus

from bot.permissions import Answer, Question, kinds, permission_of, permissions_of
from bot.policy.permission_types import Asked, Means
from bot.web.api.handles import FIELD, from_body, from_field
from bot.web.api.keys import Scope
from bot.web.api.models import BatchAnswer, BatchBody, Model, PermissionAnswer, PermissionQuery, QuestionBody
from bot.web.api.operation import Call, Operation
from bot.web.api.problem import Problem
from storage.records import Handle


def one(call: Call) -> Model:
    """One question about the party of the query or the handle of the field."""
    query = call.query
    assert isinstance(query, PermissionQuery)  # noqa: S101 - the operation says so
    if (call.handle is None) == (query.party is None):
        raise Problem(HTTPStatus.BAD_REQUEST, f"Give either party in the query or a handle in the {FIELD} field.")
    who = query.party or from_field(call.handle or b"", call.desk.country)
    asked = Asked(query.purpose, query.channel, query.at or call.desk.clock())
    question = Question(_reachable(who, query.channel), asked, query.capacity)
    with call.desk.reader() as uow:
        return told(permission_of(question, uow, call.desk.operator))


def batch(call: Call) -> Model:
    """Many, from one snapshot."""
    body = call.body
    assert isinstance(body, BatchBody)  # noqa: S101 - the operation says so
    now, country = call.desk.clock(), call.desk.country

    def question(each: QuestionBody) -> Question:
        who = each.party or from_body(each.handle, country) if each.handle is not None else each.party or ""
        return Question(_reachable(who, each.channel), Asked(each.purpose, each.channel, each.at or now), each.capacity)

    questions = [question(each) for each in body.questions]
    with call.desk.reader() as uow:
        return BatchAnswer(permissions=[told(each) for each in permissions_of(questions, uow, call.desk.operator)])


def _reachable(who: Handle | str, means: Means) -> Handle | str:
    if isinstance(who, Handle) and who.kind not in kinds(means):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"The channel {means} does not reach a handle of the kind "
                      f"{who.kind}.")
    return who


def told(answer: Answer) -> PermissionAnswer:
    """As it is sent; it was made here, and is not checked again."""
    given = answer.permission
    return PermissionAnswer.model_construct(
        allowed=given.allowed, basis=given.basis, reason=given.reason, regime=given.regime,
        evidence=list(given.evidence), until=given.until, party=answer.party_id, capacity=answer.capacity)


OPERATIONS = (
    Operation(method="GET", path="/api/v1/permissions", scope=Scope.PERMISSIONS, query=PermissionQuery,
              answer=PermissionAnswer, run=one, quick=True, takes_handle=True, summary="May this person be contacted?",
              about="Name a party in the query, or a handle in the Consentry-Handle field: an address in a URL would "
                    "lie in the access logs of every proxy on the way."),
    Operation(method="POST", path="/api/v1/permissions:batch", scope=Scope.PERMISSIONS, body=BatchBody,
              answer=BatchAnswer, run=batch, summary="Up to 10,000 questions at once",
              about="Answers come in the order of the questions, all from one moment of the store."),
)
