"""Whose mail is a list's, row by row."""

import pytest

from bot.reply import may_reply
from bot.rules import check as check_all
from bot.rules.list_traffic import check
from tests.harness.mails import SHOP, read

ROWS = [
    ("a person", "", False),
    ("RFC 2919 2, List-Id", "List-Id: Gardeners <gardeners.example.net>", True),
    ("RFC 2919 2, List-Id without a phrase", "List-ID: <gardeners.example.net>", True),
    ("RFC 2369 3.4, List-Post", "List-Post: <mailto:gardeners@example.net>", True),
    ("RFC 2369 3.4, a list nobody may post to", "List-Post: NO (posting not allowed)", True),
    ("RFC 3834 2, Precedence: list", "Precedence: list", True),
    ("RFC 3834 2, Precedence: list in any case", "Precedence: normal\nprecedence: List", True),
    ("RFC 3834 2, X-Precedence: list", "X-Precedence: list", True),
    ("RFC 3834 2, bulk is a robot's, not a list's", "Precedence: bulk", False),
    ("RFC 2369 3.2, List-Unsubscribe that a gateway added", "List-Unsubscribe: <mailto:leave@gateway.example>", False),
    ("RFC 8058 2, and its one-click", "List-Unsubscribe: <https://x.example/u>\n"
                                      "List-Unsubscribe-Post: List-Unsubscribe=One-Click", False),
    ("RFC 2369 3.1, List-Help", "List-Help: <mailto:help@gateway.example>", False),
    ("RFC 2369 3.6, List-Archive", "List-Archive: <https://x.example/a>", False),
    ("RFC 2919 2, an empty List-Id", "List-Id:", False),
    ("RFC 2919 2, our own address is the list", "List-Id: Privacy <privacy.shop.example>\nPrecedence: list", False),
    ("RFC 2369 3.4, a group of ours as Google writes it",
     "List-Post: <https://groups.example/g/privacy/post>, <mailto:privacy@SHOP.example>\nPrecedence: list\n"
     "List-ID: <privacy.shop.example>", False),
    ("RFC 2369 3.4, another address of ours", "List-Post: <mailto:dpo@boutique.example?subject=x>", False),
    ("RFC 2919 2, a list that our group is a member of",
     "List-Id: <gardeners.example.net>\nList-Id: <privacy.shop.example>", True),
    ("RFC 2919 2, a list with a similar name", "List-Id: <xprivacy.shop.example>", True),
    ("RFC 2919 2, our name only in the phrase", "List-Id: privacy.shop.example <gardeners.example.net>", True),
]


@pytest.mark.parametrize(("fields", "found"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_fields(fields: str, found: bool) -> None:
    assert (check(read(fields), SHOP) is not None) == found


@pytest.mark.parametrize("field", ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Subscribe",
                                   "List-Owner", "List-Archive"])
def test_a_lone_field_stops_the_answer_only(field: str) -> None:
    message = read(f"{field}: <mailto:leave@gateway.example>")
    found = check_all(message, SHOP)
    assert check(message, SHOP) is None
    assert may_reply(message, found) == f"{field} is set (RFC 3834 2)"


def test_who_writes_to_a_group_of_ours_is_answered() -> None:
    message = read("List-Id: <privacy.shop.example>\nList-Unsubscribe: <mailto:privacy+leave@shop.example>")
    assert may_reply(message, check_all(message, SHOP)) is None
