"""What every way in promises: stored before acknowledged, offered again until it is stored, a clean stop."""

import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from bot.channels.base import Accept, Receiver
from bot.channels.imap import ImapConfig, ImapReceiver
from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.channels.memory import MemoryReceiver
from bot.messages import Received
from tests.servers.dovecot import PASSWORD, Dovecot

OURS = "privacy@shop.example"


@dataclass
class Shelf:
    """A store that can be away."""

    mails: list[Received] = field(default_factory=list)
    away: bool = False
    tried: threading.Event = field(default_factory=threading.Event)
    stored: threading.Condition = field(default_factory=threading.Condition)

    def accept(self, mails: Sequence[Received]) -> int:
        self.tried.set()
        if self.away:
            raise OSError("the disk is full")
        with self.stored:
            self.mails += mails
            self.stored.notify_all()
        return len(mails)

    def holds(self, count: int) -> bool:
        with self.stored:
            return self.stored.wait_for(lambda: len({mail.raw for mail in self.mails}) >= count, 30)


@dataclass
class Door:
    """A receiver, how a mail is offered to it, and how many it has not acknowledged."""

    make: Callable[[Accept], Receiver]
    offer: Callable[[Receiver, bytes], None]
    left: Callable[[Receiver], int]


def memory() -> Door:
    def offer(receiver: Receiver, raw: bytes) -> None:
        assert isinstance(receiver, MemoryReceiver)
        receiver.put(Received(raw, "1"))

    def left(receiver: Receiver) -> int:
        assert isinstance(receiver, MemoryReceiver)
        return receiver.waiting
    return Door(MemoryReceiver, offer, left)


def lmtp() -> Door:
    """A mail server in front: it keeps what was not acknowledged, and tries again."""
    queue: list[bytes] = []

    def make(accept: Accept) -> Receiver:
        return LmtpReceiver(LmtpConfig(recipients=frozenset({OURS})), accept)

    def flush(receiver: Receiver) -> None:
        assert isinstance(receiver, LmtpReceiver)
        for raw in list(queue):
            try:
                with smtplib.LMTP("127.0.0.1", receiver.port, timeout=30) as client:
                    client.sendmail("a@b.example", [OURS], raw)
                queue.remove(raw)
            except (smtplib.SMTPException, OSError):
                pass

    def offer(receiver: Receiver, raw: bytes) -> None:
        queue.append(raw)
        flush(receiver)

    def left(receiver: Receiver) -> int:
        flush(receiver)
        return len(queue)
    return Door(make, offer, left)


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["memory", "lmtp", "imap"])
def door(request: pytest.FixtureRequest) -> Door:
    if request.param != "imap":
        return memory() if request.param == "memory" else lmtp()
    server: Dovecot = request.getfixturevalue("dovecot")
    user = f"{request.node.name.partition('[')[0]}@shop.example"
    config = ImapConfig("box", "127.0.0.1", server.imap, tls="none", user=user, password=PASSWORD, after="move",
                        processed_folder="Done")
    return Door(lambda accept: ImapReceiver(config, accept, jitter=lambda: 0.0),
                lambda _receiver, raw: server.deliver(user, raw), lambda _receiver: len(server.mails(user)))


def raw(mark: str) -> bytes:
    return f"From: anne@people.example\r\nMessage-ID: <{mark}@x>\r\n\r\nSTOP\r\n".encode()


def settled(door: Door, receiver: Receiver) -> bool:
    """Nothing is left unacknowledged, soon."""
    return any(door.left(receiver) == 0 or threading.Event().wait(0.05) for _ in range(200))


def test_what_arrives_is_stored_and_then_acknowledged(door: Door) -> None:
    shelf = Shelf()
    receiver = door.make(shelf.accept)
    receiver.start()
    door.offer(receiver, raw("1"))
    assert shelf.holds(1)
    assert settled(door, receiver)
    receiver.stop()
    assert b"STOP" in shelf.mails[0].raw
    assert receiver.describe()


def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(door: Door) -> None:
    shelf = Shelf(away=True)
    receiver = door.make(shelf.accept)
    receiver.start()
    door.offer(receiver, raw("2"))
    assert shelf.tried.wait(30)
    assert door.left(receiver) == 1
    shelf.away = False
    assert settled(door, receiver)
    receiver.stop()
    assert shelf.holds(1)


def test_it_stops_and_starts_again(door: Door) -> None:
    shelf = Shelf()
    receiver = door.make(shelf.accept)
    receiver.start()
    receiver.stop()
    before = threading.active_count()
    receiver.start()
    door.offer(receiver, raw("3"))
    assert shelf.holds(1)
    assert settled(door, receiver)
    receiver.stop()
    assert threading.active_count() <= before
