"""Whose word counts (RFC 8601)."""

from datetime import UTC, datetime

import pytest

from bot.messages import CheckContext, Headers, InboundMessage
from bot.rules.authentication import check
from storage.records import ChannelKind, Handle

OURS = CheckContext(authserv_ids=frozenset({"mx.shop.example"}))
PASS = "mx.shop.example; dmarc=pass header.from=people.example"


def believed(*stamps: str, context: CheckContext = OURS, authors: int = 1, several: bool = False) -> bool:
    fields = [("Authentication-Results", stamp) for stamp in stamps] + [("From", "anne@people.example")] * authors
    message = InboundMessage(inbox_id="1", channel=ChannelKind.EMAIL, source="t", raw_hash="0",
                             headers=Headers(tuple(fields)),
                             sender=Handle(ChannelKind.EMAIL, "anne@people.example"), several_authors=several,
                             received_at=datetime(2026, 11, 24, tzinfo=UTC))
    return check(message, context) is not None


@pytest.mark.parametrize("stamp", [
    PASS, "mx.shop.example 1; spf=fail smtp.mailfrom=x; dmarc = pass (p=reject; sp=none) header.from = people.example",
    "MX.Shop.Example; dkim=pass header.d=people.example; dmarc=pass header.from=people.example; arc=none",
    "(a (nested; comment)) mx.shop.example; dmarc=pass header.from=people.example",
])
def test_our_servers_pass_counts(stamp: str) -> None:
    assert believed(stamp)


@pytest.mark.parametrize("stamp", [
    "", ";", "mx.shop.example; none", "mx.evil.example; dmarc=pass header.from=people.example",
    "mx.shop.example; dmarc=fail header.from=people.example", "mx.shop.example; dmarc=pass header.from=evil.example",
    "mx.shop.example; dmarc=pass header.from=people.example.evil.example", "mx.shop.example; dmarc=pass",
    'mx.shop.example; dkim=fail reason="; dmarc=pass header.from=people.example"',
    "mx.shop.example; dkim=fail (; dmarc=pass header.from=people.example)",
    "mx.shop.example; xdmarc=pass header.from=people.example", "mx.shop.example; spf=pass header.from=people.example",
    "mx.shop.example.evil.example; dmarc=pass header.from=people.example", "(" * 10_000 + PASS, '"' + PASS,
])
def test_nothing_else_does(stamp: str) -> None:
    assert not believed(stamp)


def test_only_the_topmost_field_counts() -> None:
    assert not believed("mx.evil.example; none", PASS)
    assert believed(PASS, "mx.evil.example; dmarc=fail header.from=people.example")


def test_two_authors_are_nobody() -> None:
    assert not believed(PASS, authors=2)
    assert not believed(PASS, several=True)


def test_our_own_verification_counts_for_its_domain_only() -> None:
    own = CheckContext(verified={"dmarc": "pass", "domain": "people.example"})
    assert believed(context=own)
    assert not believed(context=CheckContext(verified={"dmarc": "pass", "domain": "evil.example"}))
    assert not believed(context=CheckContext(verified={"dmarc": "temperror", "domain": "people.example"}))
