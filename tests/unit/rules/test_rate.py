"""Who had enough answers, row by row (RFC 3834 2)."""

import pytest

from bot.messages import CheckContext
from bot.rules.rate import check
from tests.harness.mails import read


@pytest.mark.parametrize(("recent", "budget", "found"), [
    (0, 4, False), (3, 4, False), (4, 4, True), (5, 4, True), (0, 0, True), (0, 1, False), (1, 1, True),
])
def test_rfc_3834_2_at_most_so_many_answers_a_period(recent: int, budget: int, found: bool) -> None:
    assert (check(read(), CheckContext(recent_replies=recent, reply_budget=budget)) is not None) == found
