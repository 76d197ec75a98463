"""`consentry run`: everything in one process, until it is told to stop."""

import signal
import sys
import threading

from rich.console import Console

from bot.bootstrap import build
from bot.cli.common import DEFAULT, Config
from bot.settings import load


def run(config: Config = DEFAULT) -> None:
    """Receive, decide and answer until Ctrl-C."""
    app = build(load(config))
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.setswitchinterval(0.0005)  # the line waits for disk and sockets a lot: others must give way sooner than 5 ms
    app.local.start()
    for receiver in app.receivers:
        Console(highlight=False).print(f"Receiving {receiver.describe()}.")
    Console().print("Ctrl-C stops.")
    done.wait()
    app.close()
