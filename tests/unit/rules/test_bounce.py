"""Which failures say that the address is dead, row by row; None is no bounce."""

import pytest

from bot.rules.bounce import check
from tests.harness.mails import SHOP, arf, dsn, read, whole


def group(action: str, status: str, who: str = "anne@example.org") -> str:
    return f"Final-Recipient: rfc822; {who}\nAction: {action}\nStatus: {status}"


ROWS = [
    ("RFC 3464 2.3.3, failed", [group("failed", "5.1.1")], "hard"),
    ("RFC 3464 2.3.3, failed in any case", [group("Failed", "5.1.1 (unknown user)")], "hard"),
    ("RFC 3464 2.3.3, delayed", [group("delayed", "4.4.1")], "soft"),
    ("RFC 3464 2.3.3, relayed", [group("relayed", "2.0.0")], "soft"),
    ("RFC 3464 2.3.3, expanded", [group("expanded", "2.0.0")], "soft"),
    ("RFC 3464 2.3.3, delivered", [group("delivered", "2.1.5")], "soft"),
    ("RFC 3464 2.3.4, failed after too many tries", [group("failed", "4.4.7")], "soft"),
    ("RFC 3464 2.3.4, no status", ["Final-Recipient: rfc822; a@b\nAction: failed"], "soft"),
    ("RFC 3464 2.3.4, a status that is none", [group("failed", "gone")], "soft"),
    ("RFC 3464 2.3, all of several failed", [group("failed", "5.1.1"), group("failed", "5.1.2", "b@c")], "hard"),
    ("RFC 3464 2.3, one of several failed", [group("failed", "5.1.1"), group("delivered", "2.0.0", "b@c")], "soft"),
    ("RFC 3464 2.3, the second failed", [group("relayed", "2.0.0"), group("failed", "5.1.1", "b@c")], "soft"),
    ("RFC 3464 2.3, no group at all", [], "soft"),
    ("RFC 3463 3.1, undefined", [group("failed", "5.0.0")], "hard"),
    ("RFC 3463 3.3, mailbox disabled", [group("failed", "5.2.1")], "hard"),
    ("RFC 3463 3.3, mailbox full", [group("failed", "5.2.2")], "soft"),
    ("RFC 3463 3.3, too large for the mailbox", [group("failed", "5.2.3")], "soft"),
    ("RFC 3463 3.3, 5.2.20 is not 5.2.2", [group("failed", "5.2.20")], "hard"),
    ("RFC 3463 3.4, too large for the system", [group("failed", "5.3.4 too big")], "soft"),
    ("RFC 3463 3.5, no route", [group("failed", "5.4.4")], "hard"),
    ("RFC 3463 3.7, content", [group("failed", "5.6.0")], "soft"),
    ("RFC 3463 3.8, policy", [group("failed", "5.7.1")], "soft"),
]


@pytest.mark.parametrize(("groups", "kind"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_delivery_status(groups: list[str], kind: str) -> None:
    hit = check(whole(dsn(*groups)), SHOP)
    assert hit is not None
    assert hit.data["class"] == kind


def test_nothing_else_is_a_bounce() -> None:
    assert check(whole(arf("Feedback-Type: abuse")), SHOP) is None
    assert check(read("Subject: Undelivered Mail Returned to Sender", "Your mail failed. Status: 5.1.1"), SHOP) is None
    assert check(read("Content-Type: text/plain; report-type=delivery-status", "Action: failed"), SHOP) is None


def test_an_old_bounce_names_the_failed_recipients() -> None:
    hit = check(read("X-Failed-Recipients: anne@example.org", "Message-ID: <ours@shop.example>"), SHOP)
    assert hit is not None
    assert hit.data["class"] == "hard"
