"""Calls and attempts, for the law's limit on how often one may call."""

from __future__ import annotations

from http import HTTPStatus

from bot.permissions import CALLS_COUNT
from bot.web.api.handles import from_body
from bot.web.api.keys import Scope
from bot.web.api.models import CallAnswer, CallBody, Model
from bot.web.api.operation import Call, Operation
from bot.web.api.problem import Problem
from storage.records import ChannelKind


def record(call: Call) -> Model:
    """Keep that it was called, and forget what no longer counts."""
    body, now = call.body, call.desk.clock()
    assert isinstance(body, CallBody)  # noqa: S101 - the operation says so
    if body.handle.kind not in (ChannelKind.PHONE, ChannelKind.SMS):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Only a number can be called: give a handle of the kind phone.")
    at = body.at or now
    if at > now:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "A call is recorded when it was made: at is in the future.")
    handle = from_body(body.handle, call.desk.country)
    with call.desk.writer() as uow:
        uow.calls.forget(now - 2 * CALLS_COUNT)
        uow.calls.add(handle, at)
        uow.commit()
    return CallAnswer(at=at)


OPERATIONS = (
    Operation(method="POST", path="/api/v1/calls", scope=Scope.CALLS, body=CallBody, answer=CallAnswer, run=record,
              summary="A number was called, or it was tried",
              about="Kept under a keyed hash of the number, as long as it can count: the answer to the next question "
                    "about a call takes it into account."),
)
