"""May this person be contacted? In process one by one, in bulk, and over HTTP, beside the bare point read.

Run: python -m benchmarks.permission [contacts ...] [--no-http]
All on SQLite, one thread asking. Bare: a point read of one handle's row by its primary key, by Python's sqlite3 alone,
in the same run. Seconds are CPU seconds of this process (the machine is shared), the median of the rounds; HTTP is
wall time, for its load runs in processes of its own.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import new_id, system_clock
from bot.permissions import Question, permission_of, permissions_of
from bot.policy.permission_types import Asked, Means, Operator, PurposeFacts
from storage.keys import Keys
from storage.records import ChannelKind, Handle
from storage.store import Store, open_store

SECRET = b"s" * 32
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIVEN = "2026-01-01 00:00:00.000000"
OPERATOR = Operator("FR", purposes={"newsletter": PurposeFacts(), "offers": PurposeFacts(analogous=True, own=True)})
ROUNDS = 5
ONE_BY_ONE, IN_BULK = 10_000, 20_000
DATABASE = "permission.sqlite3"


def handle(number: int) -> Handle:
    """Somebody's."""
    return Handle(ChannelKind.EMAIL, f"person{number}@example.org")


def filled(folder: Path, contacts: int) -> Store:
    """A store: each with a file and a yes to the newsletter, every other a customer, every tenth has said no."""
    store = open_store(f"sqlite:///{folder}/{DATABASE}", secret=SECRET, clock=system_clock, new_id=new_id)
    store.migrate()
    keys, everybody = Keys(SECRET), range(contacts)
    with sqlite3.connect(folder / DATABASE) as raw:
        raw.executemany("INSERT INTO party (id, capacity, country) VALUES (?, 'consumer', 'FR')",
                        ((f"party-{number}",) for number in everybody))
        raw.executemany("INSERT INTO handle (kind, value, party_id) VALUES ('email', ?, ?)",
                        ((handle(number).value, f"party-{number}") for number in everybody))
        raw.executemany("INSERT INTO projection (party_id, purpose, channel, status, since, sequence) "
                        "VALUES (?, 'newsletter', 'email', 'given', ?, ?)",
                        ((f"party-{number}", GIVEN, number + 1) for number in everybody))
        raw.executemany("INSERT INTO relation (party_id, source, at_sale, refusal_offered, last_sale_at, "
                        "last_contact_at) VALUES (?, 'person', 1, 1, ?, ?)",
                        ((f"party-{number}", GIVEN, GIVEN) for number in everybody[::2]))
        raw.executemany("INSERT INTO suppression (digest, channel, purpose, provisional, reason, at) "
                        "VALUES (?, 'all', 'all', 0, 'stop', ?)",
                        ((keys.digest(handle(number)), GIVEN) for number in everybody[::10]))
        raw.execute("ANALYZE")
    raw.close()
    return store


def cpu(work: Callable[[], object], count: int) -> float:
    """How many a CPU second, median of the rounds."""
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        rates.append(count / (time.process_time() - start))
    return statistics.median(rates)


def bare(folder: Path, wanted: Sequence[int]) -> float:
    """Point reads by the driver alone."""
    raw = sqlite3.connect(folder / DATABASE)
    cursor, values = raw.cursor(), [handle(number).value for number in wanted]

    def read() -> None:
        for value in values:
            cursor.execute("SELECT party_id FROM handle WHERE kind = 'email' AND value = ?", (value,)).fetchone()

    rate = cpu(read, len(values))
    raw.close()
    return rate


def questions(wanted: Sequence[int], purposes: Sequence[str], means: Sequence[Means]) -> list[Question]:
    """Each of these, for each purpose and means."""
    return [Question(handle(number), Asked(purpose, way, AT)) for number in wanted for purpose in purposes
            for way in means]


def in_process(folder: Path, contacts: int) -> None:
    """Print one size's figures."""
    store, chosen = filled(folder, contacts), random.Random(contacts)
    few = [chosen.randrange(contacts) for _ in range(ONE_BY_ONE)]
    many = [chosen.randrange(contacts) for _ in range(IN_BULK)]
    point = bare(folder, few)
    print(f"{contacts:>9,} contacts   {'sqlite3, a point read':44}{point:10,.0f}/s")
    single, email = questions(few, ["newsletter"], [Means.EMAIL]), [Means.EMAIL]
    with store.reader() as uow:
        told(contacts, "one by one, one reader", point,
             cpu(lambda: [permission_of(each, uow, OPERATOR) for each in single], len(single)))
        for name, asked in (
                ("in bulk, each another person", questions(many, ["newsletter"], email)),
                ("in bulk, 2 purposes of each", questions(many[::2], ["newsletter", "offers"], email)),
                ("in bulk, 6 purposes of each", questions(many[::6], ["newsletter", "offers", *"abcd"], email))):
            told(contacts, name, point, cpu(lambda asked=asked: permissions_of(asked, uow, OPERATOR),  # type: ignore[misc]
                                            len(asked)))
    store.close()


def told(contacts: int, name: str, point: float, rate: float) -> None:
    """One row of the table."""
    print(f"{contacts:>9,} contacts   {name:44}{rate:10,.0f}/s   {rate / point:.2f} of a point read")


def main(sizes: Sequence[int]) -> None:
    """Print the table."""
    for contacts in sizes:
        with tempfile.TemporaryDirectory() as folder:
            in_process(Path(folder), contacts)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:] if word.isdigit()] or [10_000, 100_000])
