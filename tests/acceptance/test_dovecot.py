"""Mail in from a real Dovecot by IDLE, the ledger changed, the confirmation in the sender's mailbox."""

import email
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.bootstrap import App, build
from bot.channels.imap import DONE, ImapConfig, connect, grouped
from bot.channels.lmtp import Listener, free_port
from bot.settings import build as settings_from
from storage.records import ChannelKind, Handle, InboxStatus
from storage.verify import verify
from tests.servers.certificates import make
from tests.servers.dovecot import PASSWORD, Dovecot

OURS = "privacy@shop.example"


class Relay:
    """The next hop: hands every mail to Dovecot's LMTP, into its recipient's mailbox."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with smtplib.LMTP("127.0.0.1", self._port, timeout=30) as client:
            client.sendmail(envelope.mail_from or "", envelope.rcpt_tos, envelope.original_content or b"")
        return "250 OK"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.remove()


@contextmanager
def running(folder: Path, server: Dovecot, *boxes: dict[str, Any]) -> Iterator[App]:
    """The bot reading these mailboxes over verified TLS, answering through the relay."""
    relay = Listener(Relay(server.lmtp), hostname="127.0.0.1", port=free_port("127.0.0.1"))
    relay.start()
    usual = {"host": "127.0.0.1", "port": server.imaps, "tls": "tls", "ca_file": str(server.certificate),
             "user": OURS, "password": PASSWORD}
    app = build(settings_from({
        "controller": {"name": "Shop", "contact": OURS}, "mail": {"address": OURS},
        "storage": {"url": f"sqlite:///{folder}/c.sqlite3"}, "secret": "s" * 40, "imap": [usual | box for box in boxes],
        "smtp": {"port": relay.port}}))
    app.local.start()
    try:
        yield app
    finally:
        app.close()
        relay.stop()


def mail(sender: str, text: str, mark: str) -> bytes:
    return (f"From: {sender}\r\nTo: {OURS}\r\nSubject: hello\r\nMessage-ID: <{mark}@people.example>\r\n\r\n"
            f"{text}\r\n").encode()


def stopped(app: App, sender: str) -> bool:
    with app.store.unit_of_work() as uow:
        assert verify(uow.ledger.entries()).ok
        return bool(uow.suppression.find(Handle(ChannelKind.EMAIL, sender)))


def inbox(app: App) -> int:
    with app.store.unit_of_work() as uow:
        counted = uow.inbox.count()
    assert InboxStatus.FAILED not in counted
    return sum(counted.values())


def test_from_idle_to_the_senders_mailbox(dovecot: Dovecot, tmp_path: Path) -> None:
    sender = "anne@people.example"
    with running(tmp_path, dovecot, {"after": "flag"}) as app:
        assert app.receivers[0].connected.wait(30)  # type: ignore[attr-defined]
        dovecot.deliver(OURS, mail(sender, "Désinscrivez-moi".replace("é", "e"), "idle"), sender)
        (answer,) = dovecot.wait_for(sender, 1)
        assert stopped(app, sender)
    read = email.message_from_bytes(answer)
    assert read["In-Reply-To"] == "<idle@people.example>"
    assert read["Auto-Submitted"] == "auto-replied"
    with dovecot.login(OURS) as client:
        (flags,) = client.get_flags(client.search()).values()
    assert DONE.encode() in flags
    assert b"\\Seen" not in flags  # the colleagues who share the mailbox still see it as new


def test_what_came_while_the_server_or_the_bot_was_away_is_read_later_and_once(tmp_path: Path) -> None:
    server = Dovecot()
    server.start()
    user = "shared@shop.example"
    try:
        server.deliver(user, mail("early@people.example", "STOP", "early"), "early@people.example")
        box = {"user": user, "after": "move", "processed_folder": "Done/Privacy"}
        with running(tmp_path, server, box) as app:
            server.wait_for("early@people.example", 1)
            server.stop()
            server.start()  # the receiver comes back by itself
            server.deliver(user, mail("late@people.example", "STOP", "late"), "late@people.example")
            server.wait_for("late@people.example", 1)
            assert inbox(app) == 2
        assert server.mails(user) == []
        assert len(server.mails(user, "Done/Privacy")) == 2
        for raw in server.mails(user, "Done/Privacy"):  # a restored backup: new UIDVALIDITY, the same mails
            with server.login(user) as client:
                client.append("INBOX", raw)
        with running(tmp_path, server, box) as app:
            server.wait_for(user, 4, folder="Done/Privacy")
            assert inbox(app) == 2
        assert len(server.mails("early@people.example")) == 1
    finally:
        server.remove()


@pytest.mark.parametrize(("idle", "move"), [(False, True), (True, False)])
def test_a_server_that_can_less(tmp_path: Path, idle: bool, move: bool) -> None:
    server = Dovecot(idle=idle, move=move)
    server.start()
    try:
        with running(tmp_path, server, {"after": "move", "poll_seconds": 1}) as app:
            assert app.receivers[0].connected.wait(30)  # type: ignore[attr-defined]
            server.deliver(OURS, mail("bob@people.example", "STOP", "poll"), "bob@people.example")
            server.wait_for("bob@people.example", 1)
        assert server.mails(OURS) == []
        assert len(server.mails(OURS, "Consentry")) == 1
    finally:
        server.remove()


def test_two_mailboxes_have_a_connection_each(dovecot: Dovecot, tmp_path: Path) -> None:
    boxes = [{"name": name, "user": f"{name}@shop.example"} for name in ("fr", "en")]
    with running(tmp_path, dovecot, *boxes) as app:
        for name in ("fr", "en"):
            who = f"from-{name}@people.example"
            dovecot.deliver(f"{name}@shop.example", mail(who, "STOP", name), who)
            dovecot.wait_for(who, 1)
            assert stopped(app, who)


def test_a_mail_larger_than_allowed_is_read_from_its_beginning(dovecot: Dovecot, tmp_path: Path) -> None:
    sender, user = "big@people.example", "large@shop.example"
    with running(tmp_path, dovecot, {"user": user, "max_size": 2000}) as app:
        dovecot.deliver(user, mail(sender, "STOP\r\n\r\n-- \r\n" + "x" * 70 + "\r\n" * 3000, "big"), sender)
        dovecot.deliver(user, mail("next@people.example", "STOP", "next"), "next@people.example")
        dovecot.wait_for("next@people.example", 1)
        dovecot.wait_for(sender, 1)
        with app.store.unit_of_work() as uow:
            sizes = sorted(len(item.raw) for item in uow.inbox.list(list(InboxStatus)))
    assert sizes[-1] == 2000


def test_only_a_certificate_we_trust(dovecot: Dovecot, tmp_path: Path) -> None:
    other, _ = make(tmp_path, "other")
    with pytest.raises(OSError, match="certificate"):
        connect(ImapConfig("x", "127.0.0.1", dovecot.imaps, ca_file=other, user=OURS, password=PASSWORD))
    with pytest.raises(OSError, match="certificate"):
        connect(ImapConfig("x", "127.0.0.1", dovecot.imap, tls="starttls", user=OURS, password=PASSWORD))
    client = connect(ImapConfig("x", "127.0.0.1", dovecot.imap, tls="starttls", ca_file=dovecot.certificate, user=OURS,
                                password=PASSWORD))
    client.logout()


def test_groups_are_bounded_in_bytes() -> None:
    sizes = {1: 5, 2: 5, 3: 100, 4: 1}
    assert list(grouped(sizes, 10, 50)) == [(1, 2), (3,), (4,)]
