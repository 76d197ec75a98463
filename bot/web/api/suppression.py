"""Matching with the suppression list, which holds only keyed hashes: also of persons who were erased."""

from __future__ import annotations

from bot.permissions import CHUNK
from bot.web.api.handles import from_body
from bot.web.api.keys import Scope
from bot.web.api.models import MatchAnswer, MatchBody, Model
from bot.web.api.operation import Call, Operation
from storage.records import ALL, HandleFacts


def match(call: Call) -> Model:
    """Whether a no or a pause covers each."""
    body = call.body
    assert isinstance(body, MatchBody)  # noqa: S101 - the operation says so
    handles = [from_body(each, call.desk.country) for each in body.handles]
    purposes, channels = {ALL, body.purpose}, {ALL, body.channel}

    def covered(facts: HandleFacts) -> bool:
        return any(entry["purpose"] in purposes and entry["channel"] in channels for entry in facts.suppressions)

    with call.desk.reader() as uow:
        parts = [uow.files.of_many(handles[start:start + CHUNK]) for start in range(0, len(handles), CHUNK)]
    return MatchAnswer(suppressed=[covered(facts) for part in parts for facts in part])


OPERATIONS = (
    Operation(method="POST", path="/api/v1/suppression:match", scope=Scope.SUPPRESSION, body=MatchBody,
              answer=MatchAnswer, run=match, summary="Which of these handles are suppressed",
              about="Without purpose and channel, only what covers every purpose and channel counts."),
)
