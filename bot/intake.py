"""Store, then acknowledge: the raw bytes are committed before any channel says 250, Seen or 200."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import Clock, NewId
from bot.messages import Received
from storage.records import ChannelKind, InboxItem
from storage.unit_of_work import UnitOfWorkFactory


def new_item(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
             received_at: datetime, item_id: str) -> InboxItem:
    """An inbox item, hashed."""
    return InboxItem(item_id, channel, source, external_id, hashlib.sha256(raw).hexdigest(), raw, dict(envelope),
                     received_at)


def accept_many(mails: Sequence[Received], *, channel: ChannelKind, source: str, store: UnitOfWorkFactory,
                clock: Clock, new_id: NewId) -> int:
    """Store all of them in one commit; how many were new. Raises what the store raises: no commit, no 250, no move."""
    items = [new_item(mail.raw, channel=channel, source=source, external_id=mail.external_id, envelope=mail.envelope,
                      received_at=clock(), item_id=new_id()) for mail in mails]
    with store() as uow:
        added = sum([uow.inbox.add(item) for item in items])
        uow.commit()
    return added


def accept(raw: bytes, *, channel: ChannelKind, source: str, external_id: str, envelope: Mapping[str, Any],
           store: UnitOfWorkFactory, clock: Clock, new_id: NewId) -> bool:
    """One message; False when it is there already."""
    return accept_many([Received(raw, external_id, envelope)], channel=channel, source=source, store=store,
                       clock=clock, new_id=new_id) == 1


@dataclass(slots=True, eq=False)
class _Waiting:
    """One caller: its message, and what became of it."""

    mail: Received
    turn: threading.Event = field(default_factory=threading.Event)
    done: bool = False
    error: Exception | None = None


class Together:
    """Callers that come while a commit is under way share the next one: a disk flush serves all who wait for it.

    The first caller commits; who comes meanwhile waits, and one of them commits for all of those.
    """

    def __init__(self, accept: Callable[[Sequence[Received]], int]) -> None:
        """`accept` stores and commits all it is given, or raises."""
        self._accept = accept
        self._guard = threading.Lock()
        self._queue: list[_Waiting] = []
        self._busy = False

    def accept(self, mail: Received) -> None:
        """Return when the message is committed; raise when it is not."""
        mine = _Waiting(mail)
        with self._guard:
            self._queue.append(mine)
            first, self._busy = not self._busy, True
        if not first:
            mine.turn.wait()
        if not mine.done:
            self._commit()
        if mine.error is not None:
            raise mine.error

    def _commit(self) -> None:
        with self._guard:
            batch, self._queue = self._queue, []
        try:
            self._accept([each.mail for each in batch])
        except Exception as error:
            self._one_by_one(batch, error)
        with self._guard:
            following = self._queue[0] if self._queue else None
            self._busy = following is not None
        for each in batch:
            each.done = True
            each.turn.set()
        if following is not None:
            following.turn.set()

    def _one_by_one(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One message that cannot be stored must not refuse the others."""
        if len(batch) == 1:
            batch[0].error = error
            return
        for each in batch:
            try:
                self._accept([each.mail])
            except Exception as failure:
                each.error = failure
