"""May this person be contacted? In process one by one, in bulk, and over HTTP, beside the bare point read.

Run: python -m benchmarks.permission [contacts ...]
All on SQLite, one thread asking. Bare: a point read of one handle's row by its primary key, by Python's sqlite3 alone,
in the same run. Seconds are CPU seconds of this process (the machine is shared), the median of the rounds; HTTP is
wall time, for its load runs in processes of its own.
"""

from __future__ import annotations

import multiprocessing
import random
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bot.changed import Changed
from bot.clock import new_id, system_clock
from bot.permissions import Question, permission_of, permissions_of
from bot.policy.permission_types import Asked, Means, Operator
from bot.web.api.app import routes
from bot.web.api.keys import Key, Scope, new_token
from bot.web.api.operation import Desk
from bot.web.app import create
from bot.web.server import HttpServer
from storage.keys import Keys
from storage.records import ChannelKind, Handle
from storage.store import Store, open_store

SECRET = b"s" * 32
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIVEN = "2026-01-01 00:00:00.000000"
OPERATOR = Operator("FR")
ROUNDS = 5
ONE_BY_ONE, IN_BULK = 10_000, 20_000
CONNECTIONS, HTTP_EACH = 6, 400
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


def serve(url: str, digest: str, ports: multiprocessing.SimpleQueue[int]) -> None:
    """The API in a process of its own, until it is killed."""
    store = open_store(url, secret=SECRET, clock=system_clock, new_id=new_id)
    desk = Desk(reader=store.reader, writer=store.unit_of_work, clock=system_clock, operator=OPERATOR, country="FR",
                changed=Changed(), keys=(Key("load", digest, frozenset(Scope)),), quick=True)
    server = HttpServer(create(store.reader, lambda: None, system_clock, routes(desk)), "127.0.0.1", 0)
    server.start()
    ports.put(server.port)
    time.sleep(3600)


def request(number: int, token: str) -> bytes:
    """One question, by handle."""
    return (f"GET /api/v1/permissions?purpose=newsletter&channel=email HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nConsentry-Handle: email:{handle(number).value}\r\n\r\n").encode()


def ask(port: int, requests: Sequence[bytes]) -> None:
    """One after the other over one connection. Raises AssertionError when one is not answered with 200."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in requests:
            plain.sendall(each)
            answer = plain.recv(65536)
            while not answer.endswith(b"}"):
                answer += plain.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer


def over_http(folder: Path, contacts: int) -> None:
    """Print requests a second over several kept connections, and the server's CPU for each."""
    token, digest = new_token()
    spawn = multiprocessing.get_context("spawn")
    ports = spawn.SimpleQueue()
    process = spawn.Process(target=serve, args=(f"sqlite:///{folder}/{DATABASE}", digest, ports), daemon=True)
    process.start()
    port, chosen, server = ports.get(), random.Random(contacts), psutil.Process(process.pid)
    parts = [[request(chosen.randrange(contacts), token) for _ in range(HTTP_EACH)] for _ in range(CONNECTIONS)]
    while True:
        try:
            ask(port, parts[0][:200])
            break
        except ConnectionRefusedError:  # it has the port, and does not listen yet
            time.sleep(0.1)
    got: list[tuple[float, float]] = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in range(3):
            start, used = time.perf_counter(), sum(server.cpu_times()[:2])
            list(pool.map(ask, [port] * CONNECTIONS, parts))
            count = CONNECTIONS * HTTP_EACH
            got.append((count / (time.perf_counter() - start), (sum(server.cpu_times()[:2]) - used) / count * 1e6))
    process.kill()
    process.join()
    rate, spent = statistics.median(each[0] for each in got), statistics.median(each[1] for each in got)
    print(f"{contacts:>9,} contacts   {f'over HTTP, {CONNECTIONS} connections':44}{rate:10,.0f}/s   "
          f"{spent:,.0f} us of the server's CPU each: {1e6 / spent:,.0f} a CPU second")


def main(sizes: Sequence[int]) -> None:
    """Print the table."""
    for contacts in sizes:
        with tempfile.TemporaryDirectory() as folder:
            in_process(Path(folder), contacts)
            over_http(Path(folder), contacts)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000, 100_000])
