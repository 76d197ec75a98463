"""Hints stop the answer, never the no; only plain marks make a robot."""

from datetime import UTC, datetime

import pytest

from bot.messages import CheckContext, Envelope, Fact, Headers, InboundMessage
from bot.reply import may_reply
from bot.rules import check
from storage.records import ChannelKind, Handle


def mail(*fields: tuple[str, str], sender: str = "anne@example.org", path: str = "anne@example.org") -> InboundMessage:
    return InboundMessage(inbox_id="1", channel=ChannelKind.EMAIL, source="t", raw_hash="0", headers=Headers(fields),
                          received_at=datetime(2026, 11, 24, tzinfo=UTC), fresh_text="STOP",
                          envelope=Envelope(path), sender=Handle(ChannelKind.EMAIL, sender))


@pytest.mark.parametrize("field", [
    ("X-Auto-Response-Suppress", "All"), ("X-Auto-Response-Suppress", "OOF, AutoReply"), ("X-Autoreply", "yes"),
    ("X-Autorespond", "1"), ("X-Autoresponder", "x"), ("X-FC-MachineGenerated", "true"),
    ("Delivered-To", "autoresponder"),
])
def test_a_hint_stops_the_answer_and_not_the_no(field: tuple[str, str]) -> None:
    found = check(mail(field), CheckContext())
    assert found.has(Fact.ASKS_SILENCE)
    assert not found.has(Fact.AUTO_SUBMITTED)
    assert may_reply(mail(field), found)


@pytest.mark.parametrize("field", [("Auto-Submitted", "no"), ("X-Auto-Response-Suppress", "None"),
                                   ("Delivered-To", "anne@example.org"), ("Precedence", "normal")])
def test_a_person_is_answered(field: tuple[str, str]) -> None:
    assert may_reply(mail(field), check(mail(field), CheckContext())) is None


@pytest.mark.parametrize("field", [("Auto-Submitted", "auto-replied"), ("Auto-Submitted", "auto-generated; x=y"),
                                   ("Precedence", "auto_reply"), ("X-Precedence", "Auto_Reply")])
def test_a_robot(field: tuple[str, str]) -> None:
    assert check(mail(field), CheckContext()).has(Fact.AUTO_SUBMITTED)


def test_robots_by_address_and_path() -> None:
    assert check(mail(sender="mailer-daemon@example.org"), CheckContext()).has(Fact.AUTO_SUBMITTED)
    assert check(mail(path=""), CheckContext()).has(Fact.AUTO_SUBMITTED)
