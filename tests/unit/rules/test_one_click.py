"""What a mail client's unsubscribe looks like, row by row."""

import pytest

from bot.messages import CheckContext
from bot.rules.one_click import check
from tests.harness.mails import SHOP, read

OURS = "privacy@shop.example"
ROWS = [
    ("RFC 8058 3.1, the body", "List-Unsubscribe=One-Click", OURS, OURS, True),
    ("RFC 8058 3.1, the body between spaces", "\n  List-Unsubscribe=One-Click  \n", OURS, OURS, True),
    ("RFC 8058 3.1, another case is another body", "list-unsubscribe=one-click", OURS, OURS, False),
    ("RFC 8058 3.1, more than the body", "List-Unsubscribe=One-Click please", OURS, OURS, False),
    ("RFC 8058 3.1, only quoted", "> List-Unsubscribe=One-Click", OURS, OURS, False),
    ("RFC 2369 3.2, unsub+token, envelope", "", "unsub+abc@shop.example", OURS, True),
    ("RFC 2369 3.2, unsub+token, To", "", OURS, "unsub+abc@shop.example", True),
    ("RFC 2369 3.2, unsub alone", "Bonjour", "unsub@shop.example", OURS, True),
    ("RFC 2369 3.2, in any case", "", "Unsub+ABC@Shop.Example", OURS, True),
    ("RFC 2369 3.2, at our other domain", "", "unsub+abc@boutique.example", OURS, True),
    ("RFC 2369 3.2, at another's domain", "", "unsub+abc@example.org", OURS, False),
    ("RFC 2369 3.2, another box", "", "unsubscribe+abc@shop.example", OURS, False),
    ("RFC 2369 3.2, a box that begins alike", "", "unsubx@shop.example", OURS, False),
    ("a person", "unsubscribe", OURS, OURS, False),
]


@pytest.mark.parametrize(("body", "rcpt", "to", "found"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_mails(body: str, rcpt: str, to: str, found: bool) -> None:
    assert (check(read(body=body, rcpt_to=(rcpt,), to=to), SHOP) is not None) == found


def test_without_addresses_of_our_own_nothing_is_sent_to_us() -> None:
    assert check(read(rcpt_to=("unsub+abc@shop.example",)), CheckContext()) is None
