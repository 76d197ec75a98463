"""Golden mails, and what hostile bytes may cost: parse never raises and its output is bounded."""

from __future__ import annotations

import hashlib
import time
import tomllib
from datetime import UTC, datetime
from email.mime.application import MIMEApplication
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.html_text import html_to_text
from bot.intake import new_item
from bot.mail_body import weigh
from bot.messages import CheckContext, InboundMessage
from bot.parse import MAX_TEXT, _named, parse
from bot.rules import bounce
from nlp.text import split
from storage.records import ChannelKind

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))


def read(raw: bytes) -> InboundMessage:
    return parse(new_item(raw, channel=ChannelKind.EMAIL, source="t", external_id="t", envelope={},
                          received_at=datetime(2026, 1, 1, tzinfo=UTC), item_id="i"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_golden_mail(path: Path) -> None:
    want = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    got = read(path.read_bytes())
    seen: dict[str, object] = {
        "fresh_text": got.fresh_text, "quoted": bool(got.quoted_text), "signature": bool(got.signature),
        "subject": got.subject, "no_report": got.report is None, "report": got.report and str(got.report.kind),
        "original": got.report and got.report.original.get("Message-ID"),
        "defects": [each for each in got.defects if each in want.get("defects", ())],
    }
    hit = bounce.check(got, CheckContext()) if "bounce" in want else None
    seen["bounce"] = hit and hit.data.get("class")
    assert {key: seen[key] for key in want} == want


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CORPUS), st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=8)), max_size=12))
def test_a_mutated_mail_never_raises(path: Path, changes: list[tuple[int, bytes]]) -> None:
    raw = bytearray(path.read_bytes())
    for place, data in changes:
        raw[place : place + len(data)] = data
    got = read(bytes(raw))
    assert len(got.fresh_text) <= MAX_TEXT
    assert split(got.fresh_text).fresh in got.fresh_text


@pytest.mark.parametrize("line", ["Le " + "a " * 500_000, " " * 1_000_000, "\n" * 250_000, "> " * 500_000,
                                  "On x:\n" * 40_000, "-" * 1_000_000, "De: a\n" * 40_000])
def test_hostile_text_takes_linear_time(line: str) -> None:
    start = time.process_time()
    split(line[:MAX_TEXT])
    assert time.process_time() - start < 5


@pytest.mark.parametrize("html", ["<div>" * 50_000, "<b><i></b>" * 25_000, "<" * 250_000, "</p>" * 60_000])
def test_hostile_html_takes_linear_time(html: str) -> None:
    start = time.process_time()
    html_to_text(html)
    assert time.process_time() - start < 5


@given(st.binary(max_size=300_000))
@settings(max_examples=30, deadline=None)
def test_an_attachment_is_weighed_without_being_held(data: bytes) -> None:
    part = MIMEApplication(data)
    assert weigh(part) == (len(data), hashlib.sha256(data).hexdigest())


BOMBS = [b"a:\n" * 2_500_000, b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000]


@pytest.mark.parametrize("raw", BOMBS, ids=["headers", "parts"])
def test_a_bomb_is_cut(raw: bytes) -> None:
    assert any("only" in defect for defect in read(raw).defects)


@pytest.mark.parametrize("text", [
    "a@b.example", "<a@b.example>", "Anne Martin <a@b.example>", '"Martin, Anne" <a@b.example>', '"" <a@b.example>',
    "Zoé Ł. <a@b.example>", '"Anne  M." <a.b+c@d-e.example>', "Anne  Martin <a@b.example>", " a@b.example", "a@b, c@d",
    "Anne (at work) <a@b.example>", '"a b"@c.example', "Anne <a@b.example> x", "a@b@c", "a..b@c", "", "Anne", "<>",
    '"Anne\\" <x@y>" <a@b.example>', "undisclosed-recipients:;", "Anne\t<a@b.example>", "a@[127.0.0.1]"])
def test_a_plain_mailbox_is_read_as_the_library_reads_it(text: str) -> None:
    assert _named(text) == getaddresses([text])


@given(st.text(alphabet='ab1é.@<>", -+()\\:;\t', max_size=16))
def test_any_mailbox_is_read_as_the_library_reads_it(text: str) -> None:
    assert _named(text) == getaddresses([text])
