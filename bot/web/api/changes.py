"""The change feed, and the acknowledgement of what a recipient has (GDPR 19)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool

from bot.web.api.keys import Scope
from bot.web.api.models import AcknowledgedAnswer, ChangeBody, ChangesAnswer, ChangesQuery, HandleBody, Model
from bot.web.api.operation import Call, Operation
from bot.web.api.problem import Problem
from storage.records import Change, Handle


async def follow(call: Call) -> Model:
    """What comes after; with `wait`, as soon as there is something."""
    query, changed = call.query, call.desk.changed
    assert isinstance(query, ChangesQuery)  # noqa: S101 - the operation says so
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    until = loop.time() + query.wait
    with changed.listening(lambda: loop.call_soon_threadsafe(news.set)):
        while True:
            news.clear()
            answer = await run_in_threadpool(read, call, query)
            left = until - loop.time()
            if answer.changes or left <= 0 or changed.closed:
                return answer
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                return answer


def read(call: Call, query: ChangesQuery) -> ChangesAnswer:
    """One page, from one snapshot."""
    with call.desk.reader() as uow:
        changes = uow.changes.list(query.after, query.limit)
        shown = Scope.HANDLES in call.key.scopes
        handles = uow.changes.handles(list({each.party_id for each in changes})) if shown and changes else {}
    told = [body_of(each, handles.get(each.party_id, ()) if shown else None) for each in changes]
    return ChangesAnswer(changes=told, next=changes[-1].sequence if changes else query.after,
                         more=len(changes) == query.limit)


def body_of(change: Change, handles: Sequence[Handle] | None) -> ChangeBody:
    """As it is sent, in the feed and by webhooks; without handles when they are None."""
    return ChangeBody(
        sequence=change.sequence, id=change.id, event=change.tag, party=change.party_id, capacity=change.capacity,
        purpose=change.purpose, channel=change.channel, status_before=change.status_before,
        status_after=change.status_after, occurred_at=change.occurred_at, recorded_at=change.recorded_at,
        regime=change.regime, handles=None if handles is None else
        [HandleBody.model_construct(kind=each.kind, value=each.value) for each in handles])


def acknowledge(call: Call) -> Model:
    """This recipient has this change; the first time it says so counts."""
    named = call.named["sequence"]
    sequence = int(named) if named.isascii() and named.isdigit() and len(named) < 10 else 0
    with call.desk.writer() as uow:
        if uow.changes.get(sequence) is None:
            raise Problem(HTTPStatus.NOT_FOUND, "There is no such change in the feed.")
        uow.deliveries.acknowledge(call.key.name, sequence, call.desk.clock())
        kept = uow.deliveries.get(call.key.name, sequence)
        uow.commit()
    assert kept is not None  # noqa: S101 - it was just written
    return AcknowledgedAnswer(sequence=sequence, recipient=call.key.name,
                              acknowledged_at=kept.acknowledged_at or call.desk.clock())


OPERATIONS = (
    Operation(method="GET", path="/api/v1/changes", scope=Scope.CHANGES, query=ChangesQuery, answer=ChangesAnswer,
              run_async=follow, summary="What has changed, in the order of the ledger",
              about="Nothing ever appears before something that was served already: keep `next`, and ask after it. "
                    "With `wait` the answer comes as soon as something changes. Sequences have holes where an entry is "
                    "no recipient's business."),
    Operation(method="POST", path="/api/v1/changes/{sequence}:acknowledge", scope=Scope.CHANGES,
              answer=AcknowledgedAnswer, run=acknowledge, summary="This recipient has this change (GDPR 19)",
              about="Recorded under the name of the key; of this change alone, not of those before it."),
)
