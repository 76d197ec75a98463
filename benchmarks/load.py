"""The load: unsubscribe mails sent by LMTP over several sessions, and the clock that waits for their answers."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).parent.parent
MAIL = """From: {sender}\r
To: {to}\r
Subject: unsubscribe\r
Message-ID: <{mark}@bench.example>\r
Date: Mon, 23 Nov 2026 10:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
\r
{text}\r
"""
EXACT, WORDS = "STOP", "Please take me off this list. Thank you."  # a word on the list; words that must be read


@dataclass(slots=True)
class Arrivals:
    """When each address first got its answer (CLOCK_MONOTONIC seconds, one clock for all processes)."""

    port: int
    first: dict[str, float] = field(default_factory=dict)
    count: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def read(self, stream: IO[str]) -> None:
        """Until the sink ends."""
        for line in stream:
            at, _, address = line.strip().partition(" ")
            with self.changed:
                self.count += 1
                self.first.setdefault(address, float(at))
                self.changed.notify_all()

    def wait(self, addresses: set[str], seconds: float) -> bool:
        """Until every address was answered; False when time is up."""
        with self.changed:
            return self.changed.wait_for(lambda: addresses <= self.first.keys(), seconds)


@contextmanager
def child(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A child process of ours, ended at the end."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


@contextmanager
def sink(protocol: str = "smtp", *mode: str) -> Iterator[Arrivals]:
    """A running sink."""
    with child(sys.executable, "-m", "benchmarks.sink", protocol, *mode) as process:
        assert process.stdout is not None
        arrivals = Arrivals(int(process.stdout.readline()))
        reader = threading.Thread(target=arrivals.read, args=(process.stdout,), daemon=True)
        reader.start()
        yield arrivals


def send(port: int, to: str, senders: Iterable[str], mark: str, sessions: int, text: str = WORDS) -> dict[str, float]:
    """One mail from each sender; returns when each was handed over (before its DATA), by sender."""
    waiting, lock, sent = iter(senders), threading.Lock(), {}

    def session() -> None:
        with smtplib.LMTP("127.0.0.1", port, timeout=120) as client:
            while True:
                with lock:
                    sender = next(waiting, None)
                if sender is None:
                    return
                name = sender.partition("@")[0]
                raw = MAIL.format(sender=sender, to=to, mark=f"{mark}.{name}", text=text).encode()
                sent[sender] = time.monotonic()
                client.sendmail(sender, [to], raw)

    threads = [threading.Thread(target=session) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def wait_for_port(port: int, seconds: float = 60.0) -> None:
    """Until something answers on the port; TimeoutError when nothing does."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            with smtplib.LMTP("127.0.0.1", port, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def cost(processes: Iterable[psutil.Process]) -> tuple[float, float]:
    """CPU seconds and resident MiB of these processes and their children (shared pages counted in each)."""
    cpu = memory = 0.0
    for process in {each for root in processes for each in (root, *root.children(recursive=True))}:
        with process.oneshot():
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_info().rss / 2**20
    return cpu, memory


def quantile(values: Iterable[float], share: float) -> float:
    """The value at this share of the sorted values; NaN when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
