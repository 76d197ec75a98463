"""kill -9 at random moments and at named points: nothing lost, no effect twice, no confirmation missing."""

import random
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from bot.crash import POINTS
from storage.records import InboxStatus, OutboxStatus
from storage.store import Store, open_store
from storage.verify import verify
from tests.harness.bot import OURS, Bot, Sink, deliver, end, wait_until

TEXTS = ("STOP", "Unsubscribe me please", "Bonjour, désinscrivez-moi svp. Merci")


def people(count: int) -> dict[str, bytes]:
    """One mail from each person."""
    return {f"p{number}@people.example": (
        f"From: p{number}@people.example\r\nTo: {OURS}\r\nMessage-ID: <{number}@people.example>\r\n\r\n"
        f"{TEXTS[number % len(TEXTS)]}\r\n").encode() for number in range(count)}


@dataclass
class Chaos:
    """Processes that are killed again and again, each started again with another place to die at."""

    bot: Bot
    verbs: tuple[str, ...]
    seed: random.Random
    span: tuple[float, float]
    kills: int = 0

    def run(self, done: threading.Event, most: int) -> None:
        """At most `most` kills; then everything runs in peace until `done`."""
        running = [self._start(verb, most) for verb in self.verbs]
        while not done.is_set():
            done.wait(self.seed.uniform(*self.span))
            for index, verb in enumerate(self.verbs):
                victim = running[index]
                if victim.poll() is None and self.kills < most and self.seed.random() < 1.2 / len(self.verbs):
                    end(victim, kill=True)
                if victim.poll() is not None:
                    self.kills += 1
                    running[index] = self._start(verb, most)
        for process in running:
            end(process)

    def _start(self, verb: str, most: int) -> subprocess.Popen[bytes]:
        at = f"{self.seed.choice(POINTS)}:{self.seed.randint(1, 25)}" if self.kills < most - 2 else ""
        return self.bot.start(verb, at if self.seed.random() < 0.8 else "")


def check(store: Store, mails: dict[str, bytes]) -> None:
    """Each mail once in the store, one effect for each person, a chain that verifies, everything sent."""
    with store.reader() as uow:
        assert uow.inbox.count() == {InboxStatus.DONE: len(mails)}
        assert uow.outbox.count() == {OutboxStatus.SENT: len(mails)}
        entries = list(uow.ledger.entries(limit=100_000))
        assert verify(uow.ledger.entries(limit=100_000)).ok
        effects = Counter(entry.event.party_id for entry in entries)
        assert len(effects) == len(mails)
        assert set(effects.values()) == {1}


def settled(store: Store, count: int) -> bool:
    """Every confirmation is marked sent."""
    with store.reader() as uow:
        return uow.outbox.count() == {OutboxStatus.SENT: count}


def survive(bot: Bot, verbs: tuple[str, ...], sink: Sink, count: int, kills: int, span: tuple[float, float],
            seconds: float) -> Chaos:
    """Feed while killing, then wait for the last confirmation."""
    mails, done = people(count), threading.Event()
    chaos = Chaos(bot, verbs, random.Random(count), span)
    killer = threading.Thread(target=chaos.run, args=(done, kills))
    feeder = threading.Thread(target=deliver, args=(bot.lmtp, mails, done))
    killer.start()
    feeder.start()
    try:
        everybody = sink.wait(set(mails), seconds)
    finally:
        done.set()
        feeder.join()
        killer.join()
    assert everybody, f"{len(set(mails) - sink.answered)} of {count} were not answered: {bot.log.read_text()[-3000:]}"
    store = open_store(bot.url, secret=b"k" * 64, clock=lambda: datetime.now(UTC), new_id=lambda: uuid.uuid4().hex)
    peaceful = [bot.start(verb) for verb in verbs]  # what the last kill left is settled
    try:
        wait_until(lambda: settled(store, count))
    finally:
        for process in peaceful:
            assert end(process) in (0, -signal.SIGTERM)  # it may not have got as far as its handler
        sink.stop()
    try:
        check(store, mails)
    finally:
        store.close()
    assert len(sink.copies) == count  # whoever got a second copy got the same Message-ID
    twice = sum(sink.copies.values()) - count
    sys.stdout.write(f"{count} mails, {chaos.kills} kills: 0 lost, {twice} confirmations came a second time\n")
    return chaos


@pytest.mark.parametrize(("count", "kills"), [(60, 4), pytest.param(500, 40, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_one_process_on_sqlite(tmp_path: Path, count: int, kills: int) -> None:
    sink = Sink()
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port)
    assert survive(bot, ("run",), sink, count, kills, (1.2, 2.5), 600).kills >= kills // 4


@pytest.mark.parametrize(("count", "kills"), [(40, 3), pytest.param(500, 30, marks=pytest.mark.slow)])
@pytest.mark.timeout(1200)
def test_two_workers_on_postgresql(tmp_path: Path, postgres_url: str, count: int, kills: int) -> None:
    name = f"kill{count}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = postgres_url.replace("/postgres?", f"/{name}?")
    assert url != postgres_url
    sink = Sink()
    bot = Bot(tmp_path, url, sink.port, mode="distributed")
    assert survive(bot, ("run", "worker", "worker"), sink, count, kills, (1.5, 3.0), 900).kills >= kills // 4
