"""What an operation of the API is: everything that serves it and describes it, in one record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bot.changed import Changed
from bot.clock import Clock
from bot.policy.permission_types import Operator
from bot.web.api.keys import Key, Scope
from bot.web.api.models import Model
from storage.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What operations are given. `quick`: a read takes microseconds, and need not leave the event loop (SQLite)."""

    reader: UnitOfWorkFactory
    writer: UnitOfWorkFactory
    clock: Clock
    operator: Operator
    country: str
    changed: Changed
    keys: tuple[Key, ...]
    quick: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: who asks, the query, the body, what the path names, and the field with a handle."""

    desk: Desk
    key: Key
    query: Model | None
    body: Model | None = field(repr=False)
    named: Mapping[str, str]
    handle: bytes | None = field(repr=False)


Run = Callable[[Call], Model]
RunAsync = Callable[[Call], Awaitable[Model]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`path`: with {names}. Exactly one of `run` (in a thread) and `run_async`; `quick` runs may stay in the loop."""

    method: str
    path: str
    scope: Scope
    summary: str
    about: str
    answer: type[Model]
    query: type[Model] | None = None
    body: type[Model] | None = None
    run: Run | None = None
    run_async: RunAsync | None = None
    quick: bool = False
    takes_handle: bool = False
