"""Who is a robot, row by row; None is a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Fact
from bot.rules.auto_submitted import check
from tests.harness.mails import SHOP, arf, dsn, read, report, whole

FIELDS = [
    ("RFC 3834 5, no field", "", None),
    ("RFC 3834 5, no is a person", "Auto-Submitted: no", None),
    ("RFC 3834 5, case does not matter", "auto-submitted: No", None),
    ("RFC 3834 5.1, a comment before", "Auto-Submitted: (by a person) no", None),
    ("RFC 3834 5.1, a comment after", "Auto-Submitted: no (really (nested))", None),
    ("RFC 3834 5.1, a parameter", 'Auto-Submitted: no; owner-email="a@b.example"', None),
    ("RFC 3834 5.1, folded", "Auto-Submitted:\n  no", None),
    ("RFC 3834 5.1, an empty field says nothing", "Auto-Submitted:", None),
    ("RFC 3834 5.1, a comment alone says nothing", "Auto-Submitted: (no idea)", None),
    ("RFC 3834 5, auto-replied", "Auto-Submitted: auto-replied", "answer"),
    ("RFC 3834 5, auto-replied in any case", "AUTO-SUBMITTED: Auto-Replied (vacation)", "answer"),
    ("RFC 5230 4.7, what sieve vacation writes", "Auto-Submitted: auto-replied (vacation)", "answer"),
    ("RFC 3834 5, auto-generated", "Auto-Submitted: auto-generated", "robot"),
    ("RFC 3834 5.1, auto-generated with a parameter", "Auto-Submitted: auto-generated; x=y", "robot"),
    ("RFC 3834 5.1, a comment is no value", "Auto-Submitted: (no) auto-generated", "robot"),
    ("RFC 5436 2.7.1, auto-notified", 'Auto-Submitted: auto-notified; owner-email="a@b.example"', "robot"),
    ("RFC 3834 5.2, an unknown token", "Auto-Submitted: x-forwarded", "robot"),
    ("RFC 3834 5.2, yes", "Auto-Submitted: yes", "robot"),
    ("RFC 3834 5.2, what only begins with no", "Auto-Submitted: notified", "robot"),
    ("RFC 3834 5, two fields that disagree", "Auto-Submitted: no\nAuto-Submitted: auto-generated", "robot"),
    ("RFC 3834 2, Precedence: auto_reply", "Precedence: auto_reply", "answer"),
    ("RFC 3834 2, X-Precedence", "X-Precedence: Auto_Reply", "answer"),
    ("RFC 3834 2, Precedence: bulk (vacation, ticket systems)", "Precedence: bulk", "robot"),
    ("RFC 3834 2, Precedence: junk", "Precedence: normal\nPrecedence: JUNK", "robot"),
    ("RFC 3834 2, X-Precedence: bulk", "X-Precedence: bulk", "robot"),
    ("RFC 2076 3.9, another Precedence", "Precedence: first-class", None),
    ("RFC 3834 2, list is another rule", "Precedence: list", None),
    ("RFC 5321 4.5.5, Return-Path: <>", "Return-Path: <>", "robot"),
    ("RFC 5321 4.4, an ordinary Return-Path", "Return-Path: <anne@example.org>", None),
    ("vendors, X-Auto-Response-Suppress is a hint", "X-Auto-Response-Suppress: All", None),
    ("vendors, X-Autoreply is a hint", "X-Autoreply: yes", None),
    ("vendors, X-Autorespond is a hint", "X-Autorespond: 1", None),
    ("RFC 2369 3.2, List-Unsubscribe is a hint", "List-Unsubscribe: <mailto:leave@example.org>", None),
]


@pytest.mark.parametrize(("fields", "kind"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_fields(fields: str, kind: str | None) -> None:
    hit = check(read(fields), SHOP)
    assert (hit and hit.data["kind"]) == kind
    assert hit is None or hit.fact is Fact.AUTO_SUBMITTED


@pytest.mark.parametrize(("sender", "robot"), [
    ("mailer-daemon@example.org", True), ("MAILER-DAEMON@example.org", True), ("postmaster@example.org", True),
    ("no-reply@example.org", True), ("noreply@example.org", True), ("do-not-reply@example.org", True),
    ("anne@example.org", False), ("noreply.anne@example.org", False), ("anne@noreply.example", False),
])
def test_senders(sender: str, robot: bool) -> None:
    assert (check(read(sender=sender), SHOP) is not None) == robot


@pytest.mark.parametrize(("path", "robot"), [("", True), ("anne@example.org", False), (None, False)],
                         ids=["RFC 5321 4.5.5, the null path", "a path", "IMAP tells none"])
def test_paths(path: str | None, robot: bool) -> None:
    assert (check(read(mail_from=path), SHOP) is not None) == robot


@pytest.mark.parametrize("mail", [
    dsn("Action: failed\nStatus: 5.1.1"), arf("Feedback-Type: not-spam"), arf("Feedback-Type: auth-failure"),
    report("disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed", "", "a@b.example"),
    report("tlsrpt", "x: y", "", "a@b.example"),
], ids=["RFC 3464", "RFC 6430", "RFC 6591", "RFC 8098, a read receipt", "RFC 8460"])
def test_a_report_is_a_robots_also_without_its_envelope(mail: str) -> None:
    message = whole(mail.replace("mailer-daemon", "someone"))
    object.__setattr__(message.envelope, "mail_from", None)
    hit = check(message, SHOP)
    assert hit is not None
    assert hit.data["kind"] == "answer"


comments = st.recursive(st.text("abno -;.", max_size=5), lambda inner: st.builds("({})".format, inner), max_leaves=5)


@given(comments.map("({})".format), comments.map("({})".format), st.sampled_from(["no", "NO", "nO"]))
def test_no_with_any_comments_is_a_person(before: str, after: str, word: str) -> None:
    assert check(read(f"Auto-Submitted: {before} {word} {after}"), SHOP) is None


@given(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(lambda token: token != "no"))
def test_any_other_token_is_a_robot(token: str) -> None:
    assert check(read(f"Auto-Submitted: {token}"), SHOP) is not None


def test_a_hostile_field_takes_no_time() -> None:
    assert check(read("Auto-Submitted: " + "(" * 10_000 + ")" * 10_000 + " no"), SHOP) is not None
