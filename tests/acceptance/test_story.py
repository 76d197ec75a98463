"""Mail in by LMTP, ledger changed, signed-for confirmation out by SMTP: the whole bot on real sockets."""

import email
import smtplib
from email.policy import default
from pathlib import Path

import pytest

from bot.bootstrap import build, services
from bot.channels.door import Listener
from bot.channels.lmtp import LmtpConfig, LmtpReceiver
from bot.cli.demo import Sink, demo, feed, settings_for
from bot.cli.demo_mails import MAILS
from bot.pipeline import explain, process_next
from storage.records import ChannelKind, ConsentStatus, Handle, InboxStatus
from storage.verify import verify


def test_mails_become_changes_with_proof_and_answers(tmp_path: Path) -> None:
    sink = Sink()
    controller = Listener(sink, hostname="127.0.0.1", port=0)
    controller.start()
    app = build(settings_for(tmp_path, controller.port))
    app.local.start()
    try:
        feed(app, sink)
        feed(app, sink)  # every mail a second time: nothing is done twice
    finally:
        app.local.stop()
        app.sender.close()
        controller.stop()
    john = Handle(ChannelKind.EMAIL, "john.smith@example.net")
    with app.store.unit_of_work() as uow:
        assert sum(uow.inbox.count().values()) == len(MAILS) + 2  # and a bounce and a complaint
        assert InboxStatus.FAILED not in uow.inbox.count()
        (party,) = uow.parties.by_handle(john)
        assert [state.status for state in uow.ledger.states(party.id)] == [ConsentStatus.WITHDRAWN]
        assert uow.suppression.find(john)
        assert verify(uow.ledger.entries()).ok
    app.store.close()
    answers = [email.message_from_bytes(raw, policy=default) for raw in sink.mails]
    (to_john,) = [answer for answer in answers if answer["To"] == john.value]
    assert to_john["Auto-Submitted"] == "auto-replied"
    assert to_john["In-Reply-To"] == "<demo1@demo>"
    assert to_john["X-Auto-Response-Suppress"] == "All"
    body = to_john.get_body(("plain",))
    assert body is not None
    assert john.value in body.get_content()
    robots = {"ooo@example.net", "list@example.net", "privacy@shop.example"}
    assert not robots & {str(answer["To"]) for answer in answers}


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, 1)
    app = build(settings)
    raw = b"From: a@example.org\r\nTo: privacy@shop.example\r\n\r\nSTOP\r\n"
    told = explain(raw, {}, services(settings, app.store))
    assert set(told) >= {"message", "findings", "understanding", "identity", "decision", "changes", "reply"}
    assert told["changes"]
    with app.store.unit_of_work() as uow:
        assert not uow.ledger.entries()
        assert not uow.inbox.count()
    app.store.close()


def test_the_store_down_is_a_451() -> None:
    def down(mails: object) -> int:
        raise OSError("no store")

    receiver = LmtpReceiver(LmtpConfig(recipients=frozenset({"privacy@shop.example"})), down)
    receiver.start()
    try:
        with smtplib.LMTP("127.0.0.1", receiver.port) as client:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail("a@b.example", ["privacy@shop.example"], b"Subject: x\r\n\r\nSTOP")
            assert refused.value.smtp_code == 451
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@b.example", ["nobody@shop.example"], b"x")
    finally:
        receiver.stop()


def test_what_raises_is_held_and_the_line_goes_on(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, 1)
    app = build(settings)
    given = services(settings, app.store)

    def broken(text: str, context: object) -> object:
        raise RuntimeError("boom")

    object.__setattr__(given, "understand", broken)
    with app.store.unit_of_work() as uow:
        from bot.intake import new_item
        uow.inbox.add(new_item(b"From: a@b.org\n\nSTOP", channel=ChannelKind.EMAIL, source="lmtp", external_id="1",
                               envelope={}, received_at=given.clock(), item_id="1"))
        uow.commit()
    assert process_next(given) is None
    with app.store.unit_of_work() as uow:
        assert uow.inbox.count() == {InboxStatus.FAILED: 1}
        assert uow.inbox.release("1")
    app.store.close()


def test_the_demo_runs() -> None:
    demo()
