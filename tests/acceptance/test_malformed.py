"""Broken and hostile mails: no exception leaves `parse`, each is stored and decided or held, memory stays bounded."""

import random
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.bootstrap import services
from bot.cli.demo import settings_for
from bot.cli.demo_mails import MAILS, eml
from bot.intake import new_item
from bot.messages import InboundMessage
from bot.parse import MAX_TEXT, parse
from bot.pipeline import process_next
from storage.memory import MemoryStore
from storage.records import ChannelKind, InboxStatus

CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))]
GOOD = CORPUS + [eml(number) for number in range(len(MAILS))]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ["From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Content-Type", "MIME-Version",
         "Content-Transfer-Encoding", "Content-Disposition", "Auto-Submitted", "Authentication-Results", "List-Id",
         "DKIM-Signature", "Reply-To", "Date", "X-Failed-Recipients", "", "Subject ", "\x00", "From:"]
VALUES = ["a@example.org", "=?utf-8?B?////?=", "=?utf-8?q?=ZZ?=", "=?x-none?b?c3RvcA==?=",
          "multipart/mixed; boundary=b", "multipart/report; report-type=delivery-status; boundary=b", "message/rfc822",
          "text/html; charset=\"\"", "text/plain; charset=\0utf-8", "text/plain; charset=utf-7",
          "text/plain; charset*0*=''x",
          "base64", "quoted-printable", "x-uuencode", "7bit",
          "multipart/signed; boundary=\"b", "message/delivery-status", "message/feedback-report", "message/partial",
          "(((((", "<<<>>>", "a@[", "@", "\"", "a: b@c, d;", "<" * 50, "a@\udcff", "é@exämple.org",
          "attachment; filename*=x", "attachment; filename*0*=''x", "multipart/mixed; boundary*0*=''b", "x; name*0*=''"]
BODIES = ["STOP", "--b\r\n\r\nSTOP\r\n--b--", "--b\r\n--b\r\n--b", "U1RPUA=", "=", "=XX=\r\n=",
          "begin 644 x\r\n#86)C\r\nend", "<p", "<!--" * 3, "> " * 9, "\0", "\ud800",
          "Final-Recipient: x\r\n\r\nAction: y", "-- \r\n", "\x1b[2J", ""]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A mail put together from pieces that break parsers, or a good one that was damaged on its way."""
    if draw(st.booleans()):
        raw = bytearray(draw(st.sampled_from(GOOD)))
        for _ in range(draw(st.integers(0, 8))):
            place = draw(st.integers(0, len(raw)))
            raw[place : place + draw(st.integers(0, 40))] = draw(st.binary(max_size=12))
        return bytes(raw)
    head = [f"{draw(st.sampled_from(NAMES))}:{draw(st.sampled_from([' ', '', '  ']))}{draw(st.sampled_from(VALUES))}"
            for _ in range(draw(st.integers(0, 12)))]
    body = draw(st.lists(st.sampled_from(BODIES), max_size=4))
    text = draw(st.sampled_from(["\r\n", "\n", "\r"])).join([*head, "", *body])
    return text.encode("utf-8", "surrogatepass") + draw(st.binary(max_size=30))


def read(raw: bytes, mark: str = "t") -> InboundMessage:
    return parse(new_item(raw, channel=ChannelKind.EMAIL, source="t", external_id=mark, envelope={}, received_at=NOW,
                          item_id=mark))


def check_each_is_read(raw: bytes) -> None:
    got = read(raw)
    assert len(got.fresh_text) <= MAX_TEXT
    assert got.raw == raw
    got.fresh_text.encode()  # what cannot be written to a store would be lost
    got.subject.encode()
    assert "could not be read as mail" not in " ".join(got.defects)


@settings(max_examples=300, deadline=None, phases=[Phase.generate, Phase.shrink],
          suppress_health_check=list(HealthCheck))
@given(broken())
def test_broken_mail_is_read(raw: bytes) -> None:
    check_each_is_read(raw)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None, phases=[Phase.generate, Phase.shrink],
          suppress_health_check=list(HealthCheck))
@given(broken())
def test_ten_thousand_broken_mails_are_read(raw: bytes) -> None:
    check_each_is_read(raw)


def damaged(rng: random.Random) -> bytes:
    raw = bytearray(rng.choice(GOOD))
    for _ in range(rng.randrange(12)):
        place = rng.randrange(len(raw) + 1)
        raw[place : place + rng.randrange(60)] = rng.randbytes(rng.randrange(20))
    return bytes(raw)


def run_the_line(count: int, folder: Path) -> None:
    """Every one is in the inbox with its bytes, and either decided or held; none is left, none raised."""
    store, rng = MemoryStore(b"k" * 40, lambda: NOW, lambda: str(uuid.uuid4())), random.Random(2026)
    bot = services(settings_for(folder, 1), store)
    kept = {f"<{number}>": damaged(rng) for number in range(count)}
    with store.unit_of_work() as uow:
        for mark, raw in kept.items():
            uow.inbox.add(new_item(raw, channel=ChannelKind.EMAIL, source="t", external_id=mark, envelope={},
                                   received_at=NOW, item_id=mark))
        uow.commit()
    while process_next(bot):
        pass
    with store.unit_of_work() as uow:
        items = uow.inbox.list(list(InboxStatus), count + 1)
    stored = {item.external_id: item.raw for item in items}
    assert all(stored[mark] == raw for mark, raw in kept.items() if mark in stored)
    assert set(stored.values()) == set(kept.values())  # the same mail twice is one item
    assert {item.status for item in items} <= {InboxStatus.DONE, InboxStatus.HELD}, [
        (item.stage, item.error) for item in items if item.status is InboxStatus.FAILED][:3]


def test_damaged_mails_go_down_the_line(tmp_path: Path) -> None:
    run_the_line(300, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_damaged_mails_go_down_the_line(tmp_path: Path) -> None:
    run_the_line(10_000, tmp_path)


MEASURE = """
import resource, sys
from datetime import UTC, datetime
from bot.intake import new_item
from bot.parse import parse
from storage.records import ChannelKind
def read(raw):
    return parse(new_item(raw, channel=ChannelKind.EMAIL, source="t", external_id="t", envelope={},
                          received_at=datetime(2026, 1, 1, tzinfo=UTC), item_id="t"))
read(b"From: a@example.org\\n\\nSTOP\\n")
raw = eval(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
got = read(raw)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / len(raw), got.fresh_text[:4])
"""
HEAD = 'b"From: a@example.org\\nContent-Type: multipart/mixed; boundary=b\\n\\n--b\\n\\nSTOP\\n'
LARGE = {
    "50 MB attachment": HEAD + '--b\\nContent-Type: application/pdf\\nContent-Transfer-Encoding: base64\\n\\n"'
                               ' + (b"QUJD" * 19 + b"\\n") * 650_000 + b"--b--\\n"',
    "50 MB on one line": 'b"From: a@example.org\\n\\nSTOP\\n" + b"a" * 50_000_000',
    "50 MB text": 'b"From: a@example.org\\n\\nSTOP\\n" + b"some words on a line of usual length here\\n" * 1_200_000',
    "lines": 'b"From: a@example.org\\n\\nSTOP\\n" + b"\\n" * 50_000_000',
    "parts": HEAD + '" + b"--b\\n\\nx\\n" * 3_000_000',
    "nested parts":
        'b"".join(b"Content-Type: multipart/mixed; boundary=b%d\\n\\n--b%d\\n" % (n, n) for n in range(200_000))',
    "nested messages": 'b"Content-Type: message/rfc822\\n\\n" * 300_000',
    "headers": 'b"From: a@example.org\\n" + b"X: y\\n" * 2_000_000 + b"\\nSTOP\\n"',
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_mail_costs_a_few_times_its_size(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE, LARGE[name]], capture_output=True, text=True, timeout=100,
                          cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    ratio, *words = done.stdout.split()
    assert float(ratio) < 6, f"{ratio} times the size of the mail"
    if "STOP" in LARGE[name] and name != "headers":
        assert words == ["STOP"]
