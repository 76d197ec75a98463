"""Whose mail is it about?"""

from datetime import UTC, datetime

import pytest

from bot.messages import CheckContext, InboundMessage
from bot.rules.named_handle import check
from storage.records import ChannelKind, Handle

CONTEXT = CheckContext(own_addresses=frozenset({"privacy@shop.example"}))


def named(text: str) -> str | None:
    message = InboundMessage(inbox_id="1", channel=ChannelKind.EMAIL, source="t", raw_hash="0",
                             received_at=datetime(2026, 11, 24, tzinfo=UTC), fresh_text=text,
                             sender=Handle(ChannelKind.EMAIL, "anne@example.org"))
    hit = check(message, CONTEXT)
    return hit.data.get("handle", "several") if hit else None


@pytest.mark.parametrize(("text", "handle"), [
    ("Please remove Jim@Example.net from your list.", "jim@example.net"),
    ("retirez-moi : jim.o'neil+news@example.co.uk, merci", "jim.o'neil+news@example.co.uk"),
    ("STOP anne@example.org", None),
    ("I wrote to privacy@shop.example twice, and to privacy+abc@shop.example", None),
    ("a@b.example, c@d.example and e@f.example", "several"),
    ("jim@example.net, I repeat: jim@example.net", "jim@example.net"),
    ("no address, @handle on social media, me @ home", None),
])
def test_the_one_other_address(text: str, handle: str | None) -> None:
    assert named(text) == handle


def test_a_hostile_text_takes_no_time() -> None:
    assert named("a" * 1_000_000 + "@" * 1_000_000) is None
    assert named("a.a@a." * 200_000) in (None, "several", "a.a@a.a")
