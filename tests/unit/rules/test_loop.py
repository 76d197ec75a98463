"""What is our own mail, row by row."""

import pytest

from bot.messages import CheckContext
from bot.rules.loop import check
from tests.harness.mails import SHOP, read

HOP = "Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0000\n"
ROWS = [
    ("a person", "", "anne@example.org", None),
    ("RFC 3834 2, our loop mark", "X-Loop: consentry@shop.example", "anne@example.org", "loop"),
    ("RFC 3834 2, our loop mark among others", "X-Loop: a@b\nX-Loop: consentry@shop.example", "x@y.example", "loop"),
    ("another's loop mark", "X-Loop: helpdesk@example.org", "anne@example.org", None),
    ("RFC 5321 6.3, 50 hops", HOP * 50, "anne@example.org", "loop"),
    ("RFC 5321 6.3, 49 hops", HOP * 49, "anne@example.org", None),
    ("our own address writes", "", "privacy@shop.example", "own"),
    ("our other address writes", "", "DPO@boutique.example", "own"),
    ("RFC 5233 1, our address with a detail writes", "", "privacy+token@shop.example", "own"),
    ("a colleague writes", "", "anne@shop.example", None),
    ("our mark counts more than our address", "X-Loop: consentry@shop.example", "privacy@shop.example", "loop"),
]


@pytest.mark.parametrize(("fields", "sender", "kind"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_fields(fields: str, sender: str, kind: str | None) -> None:
    hit = check(read(fields, sender=sender), SHOP)
    assert (hit and hit.data["kind"]) == kind


def test_without_a_key_nothing_is_our_mark() -> None:
    assert check(read("X-Loop:"), CheckContext()) is None
