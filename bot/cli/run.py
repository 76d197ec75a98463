"""`consentry run`: everything in one process, until it is told to stop."""

import gc
import signal
import sys
import threading

from rich.console import Console

from bot import log
from bot.bootstrap import build, http
from bot.cli.common import DEFAULT, Config
from bot.settings import load


def run(config: Config = DEFAULT) -> None:
    """Receive, decide and answer until Ctrl-C."""
    log.configure()
    settings, done = load(config), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.setswitchinterval(0.0005)  # the line waits for disk and sockets a lot: others must give way sooner than 5 ms
    say = Console(highlight=False, soft_wrap=True).print
    app = build(settings)
    gc.freeze()  # what is loaded by now stays: the collector need not walk through all of it again and again
    try:
        server = http(settings, app) if settings.http.enabled else None
        app.start()
        for receiver in app.receivers:
            say(f"Receiving {receiver.describe()}.")
        if server is not None:
            server.start()
            say(f"Health and metrics on http://{server.host}:{server.port}/healthz, /readyz and /metrics.")
            if settings.api_keys:
                say(f"The API is on http://{server.host}:{server.port}/api, for {len(settings.api_keys)} keys.")
        say("Ready. Ctrl-C stops." if settings.workers.mode == "embedded" else
            "Ready: start `consentry worker` to decide and deliver. Ctrl-C stops.")
        done.wait()
        if server is not None:
            server.stop()
    finally:
        app.close()
    say("Stopped: nothing is lost, what is left to do is in the store.")
