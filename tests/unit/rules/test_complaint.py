"""Which feedback is a complaint, row by row."""

import pytest

from bot.rules.complaint import check
from tests.harness.mails import SHOP, arf, dsn, read, whole

ROWS = [
    ("RFC 5965 7.3, abuse", "Feedback-Type: abuse", "abuse"),
    ("RFC 5965 7.3, in any case", "feedback-type: Abuse", "abuse"),
    ("RFC 5965 7.3, fraud", "Feedback-Type: fraud", "fraud"),
    ("RFC 5965 7.3, virus", "Feedback-Type: virus", "virus"),
    ("RFC 5965 7.3, other", "Feedback-Type: other", "other"),
    ("RFC 5965 7.3, opt-out", "Feedback-Type: opt-out", "opt-out"),
    ("RFC 5965 3.1, one we do not know", "Feedback-Type: annoyed", "annoyed"),
    ("RFC 5965 3.1, none", "Source-IP: 192.0.2.1", "abuse"),
    ("RFC 6430 2, not-spam", "Feedback-Type: not-spam", None),
    ("RFC 6430 2, not-spam in any case", "Feedback-Type: Not-Spam", None),
    ("RFC 6591 3.1, auth-failure", "Feedback-Type: auth-failure\nAuth-Failure: dkim", None),
]


@pytest.mark.parametrize(("fields", "kind"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_feedback_types(fields: str, kind: str | None) -> None:
    hit = check(whole(arf(fields)), SHOP)
    assert (hit and hit.data["type"]) == kind


def test_nothing_else_is_a_complaint() -> None:
    assert check(whole(dsn("Action: failed\nStatus: 5.1.1")), SHOP) is None
    assert check(read("Feedback-Type: abuse", "Feedback-Type: abuse"), SHOP) is None
