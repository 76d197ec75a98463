"""Distributed mode: the same functions as Procrastinate tasks on any number of machines, over one PostgreSQL.

Rows say what is left to do; jobs are only hints. A hint that is waiting already is not given twice, and a sweep
gives every hint again, so that nothing a dead worker left waits for the next message.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from bot.errors import OperatorError
from bot.gather import Services
from bot.log import get
from bot.workers.deliver import Send, deliver_all, recover
from bot.workers.process import drain

INBOX, OUTBOX, SWEEP, DAILY, WEBHOOKS = "inbox", "outbox-email", "sweep", "daily", "webhooks"
NIGHT = "17 3 * * *"  # in UTC
EVERY = "* * * * * */20"  # seconds last: how long what a dead worker left may wait


def conninfo(url: str) -> str:
    """libpq's form of storage.url. Raises OperatorError for anything but PostgreSQL."""
    scheme, separator, rest = url.partition("://")
    if not scheme.startswith("postgresql") or not separator:
        raise OperatorError("Workers on several machines need PostgreSQL: set storage.url to postgresql://..., or use "
                            "`consentry run` alone, which needs no workers.")
    return f"postgresql://{rest}"


def app_for(url: str) -> procrastinate.App:
    """Not opened. The library's own log of job arguments stays off: ours says what was decided."""
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo(url)))


def prepare(app: procrastinate.App) -> None:
    """Make its tables when they are not there; two processes at once do no harm."""
    with app.open():
        connector = app.connector.get_sync_connector()
        found = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL AS there"
        if not connector.execute_query_one(found)["there"]:
            try:
                app.schema_manager.apply_schema()
            except ConnectorException:  # another process was making them just now
                if not connector.execute_query_one(found)["there"]:
                    raise


def hint(app: procrastinate.App, queue: str) -> None:
    """There is something to do in this queue. Never fails: the sweep finds what a lost hint leaves."""
    try:
        app.configure_task(queue, queue=queue, queueing_lock=queue).defer()
    except AlreadyEnqueued:
        pass
    except ConnectorException as error:
        get().warning("hint_lost", queue=queue, error=type(error).__name__)


async def _hint(app: procrastinate.App, queue: str) -> None:
    with suppress(AlreadyEnqueued):
        await app.configure_task(queue, queue=queue, queueing_lock=queue).defer_async()


def register(app: procrastinate.App, services: Services, send: Send,
             daily: Callable[[Callable[[], bool]], object] | None = None,
             tell: Callable[[], object] | None = None) -> None:
    """The tasks. One thread of a process delivers at a time: a sender is one conversation.

    `daily`: what one of the workers does at night; it is told how to see that its worker is stopping. `tell` wakes the
    threads of this process that tell recipients of changes; None when there are no recipients.
    """
    if daily is not None:
        _once_a_day(app, daily)
    speaking = threading.Lock()

    def deliver_in_turn() -> None:
        with speaking:
            deliver_all(services.store, send, services.clock, services.settings.lease)

    @app.task(name=INBOX, queue=INBOX, queueing_lock=INBOX)
    async def decide() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(drain, services, _every(20, lambda: asyncio.run_coroutine_threadsafe(
            _hint(app, OUTBOX), loop).result()))
        await _hint(app, OUTBOX)
        if tell is not None:
            await _hint(app, WEBHOOKS)

    if tell is not None:
        wake = tell

        @app.task(name=WEBHOOKS, queue=WEBHOOKS, queueing_lock=WEBHOOKS)
        async def changes() -> None:
            wake()

    @app.task(name=OUTBOX, queue=OUTBOX, queueing_lock=OUTBOX)
    async def deliver() -> None:
        await asyncio.to_thread(deliver_in_turn)

    @app.periodic(cron=EVERY)
    @app.task(name=SWEEP, queue=SWEEP, queueing_lock=SWEEP)
    async def sweep(timestamp: int) -> None:
        await asyncio.to_thread(recover, services.store, services.clock())
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=True)
        await _hint(app, INBOX)
        await _hint(app, OUTBOX)


def _once_a_day(app: procrastinate.App, daily: Callable[[Callable[[], bool]], object]) -> None:
    """One worker at a time; one that is stopped ends its batch, the next night does the rest."""

    @app.periodic(cron=NIGHT)
    @app.task(name=DAILY, queue=DAILY, lock=DAILY, queueing_lock=DAILY)
    async def tidy(timestamp: int) -> None:
        stopping = threading.Event()
        try:
            await asyncio.to_thread(daily, stopping.is_set)
        finally:
            stopping.set()


def _every(count: int, call: Callable[[], object]) -> Callable[[], None]:
    """Call at the first and then at each `count`-th time."""
    times = 0

    def counted() -> None:
        nonlocal times
        if times % count == 0:
            call()
        times += 1
    return counted


def work(app: procrastinate.App, name: str) -> None:
    """Do jobs until SIGTERM or SIGINT; what is begun is finished."""

    async def forever() -> None:
        async with app.open_async():
            await _hint(app, INBOX)
            await _hint(app, OUTBOX)
            await app.run_worker_async(name=name, concurrency=3, delete_jobs="always", fetch_job_polling_interval=5.0,
                                       shutdown_graceful_timeout=30.0)

    asyncio.run(forever())
