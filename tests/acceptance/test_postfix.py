"""With a real Postfix: it delivers to us by LMTP, keeps what we cannot take yet, and relays our answers."""

import email
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.bootstrap import App, build
from bot.channels.lmtp import Listener, free_port
from bot.settings import build as settings_from
from storage.records import ChannelKind, Handle, InboxStatus
from storage.verify import verify
from tests.harness.bot import wait_until
from tests.servers.postfix import Postfix

OURS = "privacy@shop.example"


@dataclass
class People:
    """Everybody else's mail server. Who is in `away` has a vacation responder that answers each sender (RFC 3834)."""

    relay: int = 0  # the port of the Postfix that takes their mail
    away: frozenset[str] = frozenset()
    mails: list[tuple[str, str, Message]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self.listener = Listener(self, hostname="127.0.0.1", port=free_port("127.0.0.1"))
        self.listener.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        with self._changed:
            for address in envelope.rcpt_tos:
                self.mails.append((address, envelope.mail_from or "", email.message_from_bytes(raw)))
                if address in self.away:
                    threading.Thread(target=self._vacation, args=(address, raw)).start()
            self._changed.notify_all()
        return "250 OK"

    def _vacation(self, address: str, raw: bytes) -> None:
        """A rude responder: answers everything at the From address and marks nothing as automatic."""
        read = email.message_from_bytes(raw)
        text = (f"From: {address}\r\nTo: {read['From']}\r\nSubject: Re: {read['Subject']}\r\n"
                f"In-Reply-To: {read['Message-ID']}\r\nMessage-ID: <v{len(self.mails)}@people.example>\r\n\r\n"
                "I am away until Monday and will read your mail when I am back.\r\n")
        with smtplib.SMTP("127.0.0.1", self.relay, timeout=30) as client:
            client.sendmail(address, [OURS], text.encode())

    def got(self, address: str, count: int = 1, seconds: float = 60) -> list[Message]:
        """The first mails of somebody, once there are so many."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self._of(address)) >= count, seconds)
        assert enough, f"{len(self._of(address))} of {count} mails came"
        return self._of(address)

    def _of(self, address: str) -> list[Message]:
        return [mail for to, _, mail in self.mails if to == address]


@dataclass
class World:
    """Postfix in the middle, the bot on one side, people on the other."""

    folder: Path
    lmtp: int
    people: People
    postfix: Postfix

    @contextmanager
    def bot(self) -> Iterator[App]:
        """The bot, started and stopped; its store stays."""
        app = build(settings_from({
            "controller": {"name": "Shop", "contact": OURS}, "mail": {"address": OURS}, "secret": "s" * 40,
            "storage": {"url": f"sqlite:///{self.folder}/c.sqlite3"}, "lmtp": {"enabled": True, "port": self.lmtp},
            "smtp": {"port": self.postfix.port}}))
        app.local.start()
        try:
            yield app
        finally:
            app.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    people, lmtp = People(), free_port("127.0.0.1")
    postfix = Postfix(ours=lmtp, people=people.listener.port)
    people.relay = postfix.port
    postfix.start()
    yield World(tmp_path, lmtp, people, postfix)
    postfix.remove()
    people.listener.stop()


def mail(sender: str, text: str, mark: str = "m", head: str = "") -> bytes:
    return (f"From: {sender}\r\nTo: {OURS}\r\nSubject: hello\r\nMessage-ID: <{mark}@people.example>\r\n{head}\r\n"
            f"{text}\r\n").encode()


def stopped(app: App, sender: str) -> bool:
    with app.store.unit_of_work() as uow:
        assert verify(uow.ledger.entries()).ok
        return bool(uow.suppression.find(Handle(ChannelKind.EMAIL, sender)))


def settled(app: App, count: int) -> bool:
    with app.store.unit_of_work() as uow:
        found = uow.inbox.count()
    assert InboxStatus.FAILED not in found
    return sum(found.values()) == count and not found.get(InboxStatus.PENDING)


def test_a_stop_through_postfix_is_confirmed_in_the_senders_mailbox(world: World) -> None:
    anne = "anne@people.example"
    with world.bot() as app:
        world.postfix.submit(anne, OURS, mail(anne, "STOP", "one"))
        (answer,) = world.people.got(anne)
        assert stopped(app, anne)
    assert answer["In-Reply-To"] == "<one@people.example>"
    assert answer["Auto-Submitted"] == "auto-replied"
    (sender,) = {sender for to, sender, _ in world.people.mails if to == anne}
    assert sender == "<>"  # the null envelope sender (RFC 3834 3.3)


def test_an_answer_to_the_answer_comes_back_with_its_token(world: World) -> None:
    anne = "anne@people.example"
    with world.bot() as app:
        world.postfix.submit(anne, OURS, mail(anne, "STOP", "one"))
        (answer,) = world.people.got(anne)
        to = answer["Reply-To"].strip("<>")
        assert to.startswith("privacy+")
        world.postfix.submit(anne, to, mail(anne, "Stop!", "two"))
        world.people.got(anne, 2)
        with app.store.unit_of_work() as uow:
            items = uow.inbox.list(list(InboxStatus), 10)
        proofs = {(item.explanation or {})["identity"]["assurance"] for item in items}
    assert "token" in proofs


def test_a_vacation_responder_ends_after_one_exchange(world: World) -> None:
    bob = "bob@people.example"
    world.people.away = frozenset({bob})
    with world.bot() as app:
        world.postfix.submit(bob, OURS, mail(bob, "STOP", "one"))
        world.people.got(bob)
        wait_until(lambda: settled(app, 2))  # his STOP, and his responder's answer to our confirmation
        world.postfix.submit("eve@people.example", OURS, mail("eve@people.example", "STOP", "eve"))
        world.people.got("eve@people.example")  # a later mail was answered: an answer to bob would have come before
        assert settled(app, 3)
        assert len(world.people.got(bob)) == 1
        assert stopped(app, bob)


def test_what_came_while_the_bot_was_away_waits_in_postfix(world: World) -> None:
    anne = "anne@people.example"
    world.postfix.submit(anne, OURS, mail(anne, "STOP"))
    wait_until(lambda: [each for each in world.postfix.queued() if each["queue_name"] == "deferred"])
    with world.bot() as app:
        world.postfix.flush()
        world.people.got(anne)
        assert stopped(app, anne)
        wait_until(lambda: not world.postfix.queued())


def test_a_mail_that_cannot_be_delivered_is_bounced_and_never_answered(world: World) -> None:
    with world.bot() as app:
        world.postfix.submit("gone@nowhere.invalid", OURS, mail("gone@nowhere.invalid", "STOP"))
        wait_until(lambda: settled(app, 1) and not world.postfix.queued())
        assert stopped(app, "gone@nowhere.invalid")
    assert not world.people.mails


def test_one_mail_to_two_of_our_addresses_is_one_message(world: World) -> None:
    anne = "anne@people.example"
    with world.bot() as app, smtplib.SMTP("127.0.0.1", world.postfix.port, timeout=60) as client:
        client.sendmail(anne, [OURS, "privacy+shop@shop.example"], mail(anne, "STOP"))
        world.people.got(anne)
        wait_until(lambda: not world.postfix.queued())
        assert settled(app, 1)
    assert len(world.people.mails) == 1
