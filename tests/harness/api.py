"""The API on a real port of this machine, over a store of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bot.changed import Changed
from bot.clock import system_clock
from bot.policy.permission_types import Operator
from bot.web.api.app import routes
from bot.web.api.keys import Key, Scope, new_token
from bot.web.api.operation import Desk
from bot.web.app import create
from bot.web.server import HttpServer
from storage.store import Store

TOKEN, DIGEST = new_token()


@dataclass
class Served:
    """Where it is, and who may ask."""

    client: httpx.Client
    base: str
    changed: Changed


@contextmanager
def served(store: Store, *scopes: Scope, name: str = "crm", clock=system_clock) -> Iterator[Served]:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Running; every scope when none is named."""
    changed = Changed()
    store.committed = changed.tell
    keys = (Key("other", "0" * 64, frozenset(Scope)), Key(name, DIGEST, frozenset(scopes or Scope)))
    api = routes(Desk(reader=store.reader, writer=store.unit_of_work, clock=clock, operator=Operator("FR"),
                   country="FR", changed=changed, keys=keys, quick=store.url.startswith("sqlite")))
    server = HttpServer(create(store.reader, lambda: None, system_clock, api), "127.0.0.1", 0, changed.close)
    server.start()
    base = f"http://127.0.0.1:{server.port}"
    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=70) as client:
            yield Served(client, base, changed)
    finally:
        server.stop()
