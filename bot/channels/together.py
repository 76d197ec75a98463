"""Mails that come in while a commit is under way share the next one: a disk flush serves all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.channels.base import Accept
from bot.messages import Received

Waiting = tuple[Received, "asyncio.Future[None]"]


class Together:
    """Belongs to one event loop; the store is used in one thread beside it."""

    def __init__(self, accept: Accept) -> None:
        """`accept` stores and commits all it is given, or raises."""
        self._accept = accept
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def accept(self, mail: Received) -> None:
        """Return when the mail is committed; raise when it is not."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((mail, done))
        if self._task is None:
            self._task = loop.create_task(self._commit())
        await done

    async def _commit(self) -> None:
        """Until nobody waits. Who has hung up offers the mail again: it is one row all the same."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                for (_, done), failure in zip(batch, await self._stored(batch), strict=True):
                    if not done.done():
                        done.set_exception(failure) if failure else done.set_result(None)
        finally:
            self._task = None

    async def _stored(self, batch: Sequence[Waiting]) -> Sequence[Exception | None]:
        """What became of each; when no thread can be had, of none."""
        mails = [mail for mail, _ in batch]
        try:
            return await asyncio.get_running_loop().run_in_executor(None, self._store, mails)
        except RuntimeError as error:
            return [error] * len(mails)

    def _store(self, mails: Sequence[Received]) -> list[Exception | None]:
        """What became of each; one that cannot be stored must not refuse the others."""
        try:
            self._accept(mails)
        except Exception as error:
            return [error] if len(mails) == 1 else [self._store([mail])[0] for mail in mails]
        return [None] * len(mails)
