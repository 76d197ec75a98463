"""Health and metrics for whoever watches the service; no personal data."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from storage.records import InboxStatus, OutboxStatus
from storage.unit_of_work import UnitOfWorkFactory


def create(store: UnitOfWorkFactory, ping: Callable[[], object]) -> Starlette:
    """`ping` raises when the store cannot be reached."""

    def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(_request: Request) -> Response:
        try:
            ping()
        except Exception:  # whatever it is, we are not ready
            return PlainTextResponse("the store cannot be reached\n", 503)
        return PlainTextResponse("ready\n")

    def metrics(_request: Request) -> Response:
        return Response(_measure(store), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


def _measure(store: UnitOfWorkFactory) -> bytes:
    """Rows by status, read when asked: the tables are the truth."""
    registry = CollectorRegistry()
    inbox = Gauge("consentry_inbox_items", "Received messages by status", ["status"], registry=registry)
    outbox = Gauge("consentry_outbox_items", "Outgoing messages by status", ["status"], registry=registry)
    with store() as uow:
        received, sent = uow.inbox.count(), uow.outbox.count()
    for status in InboxStatus:
        inbox.labels(str(status)).set(received.get(status, 0))
    for state in OutboxStatus:
        outbox.labels(str(state)).set(sent.get(state, 0))
    return generate_latest(registry)
