"""Distributed mode: the same functions as Procrastinate tasks; jobs are hints, a sweep each minute re-hints."""

from __future__ import annotations

import procrastinate

from bot.gather import Services
from bot.workers.deliver import BATCH, Send, deliver_batch, recover
from bot.workers.process import drain


def build(conninfo: str, services: Services, send: Send) -> procrastinate.App:
    """The app with its three tasks. `conninfo` is libpq's."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))

    @app.task(name="process", queue="process")
    def process() -> int:
        done = drain(services)
        deliver.defer()
        return done

    @app.task(name="deliver", queue="deliver", lock="deliver")  # one at a time: what is SENDING now, a crash left
    def deliver() -> None:
        recover(services.store)
        while deliver_batch(services.store, send, services.clock) == BATCH:
            pass

    @app.periodic(cron="* * * * *")
    @app.task(name="sweep", queue="sweep", pass_context=False)
    async def sweep(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)
        await process.defer_async()

    return app
