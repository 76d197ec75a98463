"""Asks the second reader about what is held because the first one was not sure: a suggestion for whoever reviews it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import TemporaryError
from bot.gather import Services
from bot.handlers.pause import pause
from bot.log import get
from bot.policy.table import NOES
from bot.second_reader import SecondReader
from storage.records import ChannelKind, Handle, InboxStatus


def suggest(services: Services, reader: SecondReader, stopping: Callable[[], bool] = lambda: False) -> int:
    """Ask about each that has no suggestion yet; returns how many got one. No transaction is open while it thinks."""
    with services.store() as uow:
        waiting = {name: told for name, told in uow.inbox.held().items() if _wanted(told)}
    done = 0
    for name, told in waiting.items():
        if stopping():
            break
        try:
            done += _suggest(name, told, services, reader)
        except TemporaryError as error:
            get().warning("second_reader", error=str(error))
            break  # it is away: they are asked about the next time
    return done


def _wanted(told: Mapping[str, Any]) -> bool:
    return "second" not in told and bool(told.get("understanding", {}).get("abstained"))


def _suggest(name: str, told: Mapping[str, Any], services: Services, reader: SecondReader) -> bool:
    """Record what it says; a no in it pauses marketing, provisionally. It can do nothing else."""
    message = told["message"]
    intents = reader.ask(f"{message['subject']}\n{message['fresh_text']}", [str(message.get("from_name") or "")])
    with services.store() as uow:
        item = uow.inbox.claim(name) if uow.inbox.release(name) else None  # locked until we commit
        current = dict(item.explanation or {}) if item is not None else {}
        if item is None or not _wanted(current):
            return False  # a person was quicker, or another worker
        handle = current["identity"]["handle"]
        current["second"] = {"model": reader.name, "intents": [str(intent) for intent in intents],
                             "paused": bool(NOES & set(intents)) and bool(handle)}
        if current["second"]["paused"]:
            pause(Handle(ChannelKind(message["channel"]), handle), uow, services.clock())
        uow.inbox.finish(name, InboxStatus.HELD, current)
        uow.commit()
    get().info("second_reader", item=name, paused=current["second"]["paused"])
    return True
