"""`consentry run` and `consentry worker` as an operator starts them."""

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.bot import Bot, Sink, deliver, end, wait_until

STOP = {"anne@people.example": b"From: anne@people.example\r\nTo: privacy@shop.example\r\nSubject: s\r\n\r\nSTOP\r\n"}


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.stop()


def address(bot: Bot) -> str:
    wait_until(lambda: "http://" in bot.log.read_text())
    found = re.search(r"http://[\d.]+:\d+", bot.log.read_text())
    assert found
    return found.group()


def test_it_runs_tells_how_it_is_and_stops(tmp_path: Path, sink: Sink) -> None:
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port, http=True)
    process = bot.start()
    try:
        base = address(bot)
        deliver(bot.lmtp, STOP, threading.Event())
        assert sink.wait(set(STOP), 30)
        assert httpx.get(f"{base}/healthz").text == "ok\n"
        assert httpx.get(f"{base}/readyz").status_code == 200
        wait_until(lambda: 'consentry_outbox_items{status="sent"} 1.0' in httpx.get(f"{base}/metrics").text)
        shown = httpx.get(f"{base}/metrics").text
        assert 'consentry_inbox_items{status="done"} 1.0' in shown
        assert "consentry_oldest_pending_seconds 0.0" in shown
        assert "anne" not in shown
    finally:
        assert end(process) == 0
    log = bot.log.read_text()
    assert "Stopped" in log
    assert "anne" not in log  # nobody's address is in the log
    decided = next(json.loads(line) for line in log.splitlines() if '"decided"' in line)
    assert decided["row"] == "stop"
    assert decided["hold"] is False


def test_ctrl_c_is_a_stop_too(tmp_path: Path, sink: Sink) -> None:
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port)
    process = bot.start()
    wait_until(lambda: "Ready" in bot.log.read_text())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def said(bot: Bot, process: subprocess.Popen[bytes]) -> str:
    assert process.wait(60) == 2
    lines = bot.log.read_text().strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_worker_needs_postgresql(tmp_path: Path, sink: Sink) -> None:
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port)
    assert "PostgreSQL" in said(bot, bot.start("worker"))


def test_a_taken_port_is_a_sentence(tmp_path: Path, sink: Sink) -> None:
    bot = Bot(tmp_path, f"sqlite:///{tmp_path}/c.sqlite3", sink.port, lmtp=sink.port)
    assert "lmtp.port" in said(bot, bot.start())
