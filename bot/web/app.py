"""Health and metrics for whoever watches the service, without personal data; and the routes it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.clock import Clock
from storage.records import InboxStatus, OutboxStatus
from storage.unit_of_work import UnitOfWorkFactory


def create(store: UnitOfWorkFactory, ready: Callable[[], str | None], clock: Clock,
           more: Sequence[BaseRoute] = ()) -> Starlette:
    """`store` gives units that only read; `ready` says in words what is missing, or None; `more`: people's pages."""

    def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_request: Request) -> Response:
        missing = ready()
        return PlainTextResponse(f"{missing}\n", 503) if missing else PlainTextResponse("ready\n")

    def metrics(_request: Request) -> Response:
        try:
            return Response(_measure(store, clock), media_type=CONTENT_TYPE_LATEST)
        except Exception:  # the reason is in the log of whoever lost the store; nothing of it is shown here
            return PlainTextResponse("the store cannot be reached\n", 503)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics),
                             *more])


def _measure(store: UnitOfWorkFactory, clock: Clock) -> bytes:
    """Rows by status, read when asked: the tables are the truth, whichever process changed them."""
    registry = CollectorRegistry()
    inbox = Gauge("consentry_inbox_items", "Received messages by status", ["status"], registry=registry)
    outbox = Gauge("consentry_outbox_items", "Outgoing messages by status", ["status"], registry=registry)
    oldest = Gauge("consentry_oldest_pending_seconds", "Age of the oldest message not yet decided", registry=registry)
    with store() as uow:
        received, sent, first = uow.inbox.count(), uow.outbox.count(), uow.inbox.oldest_pending()
    for status in InboxStatus:
        inbox.labels(str(status)).set(received.get(status, 0))
    for state in OutboxStatus:
        outbox.labels(str(state)).set(sent.get(state, 0))
    oldest.set((clock() - first).total_seconds() if first else 0)
    return generate_latest(registry)
