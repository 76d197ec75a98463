"""Embedded mode: one process, two threads woken by an event; the tables say what is left, the event is a hint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from bot.channels.base import Receiver
from bot.gather import Services
from bot.log import get
from bot.workers.deliver import Send, deliver_batch, recover
from bot.workers.process import drain
from bot.workers.receive import close_all, open_all

SWEEP = 1.0  # seconds between looks at the tables when nobody wakes us
RARELY = 60.0  # the same for what can wait


class Local:
    """Receives, decides and delivers until stopped."""

    def __init__(self, services: Services, send: Send, receivers: Sequence[Receiver] = (),
                 arrived: threading.Event | None = None, *, alone: bool = True, works: bool = True,
                 afterwards: Callable[[Callable[[], bool]], object] | None = None,
                 housekeep: Callable[[], object] | None = None,
                 daily: Callable[[Callable[[], bool]], object] | None = None) -> None:
        """`arrived` is set by intake when a message is stored. `alone`: no other process uses this store.

        `works` False: only the doors are opened, workers elsewhere do the rest. `afterwards` looks at what was
        decided, in a thread of its own; it is told how to see that we are stopping. `housekeep` is called now and then,
        so is `daily`, which sees by itself whether a day has passed.
        """
        self._services, self._send, self._receivers = services, send, receivers
        self._arrived, self._queued, self._decided = arrived or threading.Event(), threading.Event(), threading.Event()
        self._afterwards, self._housekeep, self._daily = afterwards, housekeep, daily
        self._alone, self._works = alone, works
        self._stopping, self._rarely, self._once_a_day = threading.Event(), threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Recover what a crash left, start the threads, open the doors; the day's work comes last."""
        if self._works:
            recover(self._services.store, None if self._alone else self._services.clock())
            self._spawn("process", self._process, self._arrived)
            self._spawn("deliver", self._deliver, self._queued)
            if self._afterwards is not None:
                step = self._afterwards
                self._spawn("afterwards", lambda: step(self._stopping.is_set), self._decided, RARELY)
            if self._housekeep is not None:
                self._spawn("housekeep", self._housekeep, self._rarely, RARELY)
        try:
            open_all(self._receivers)
        except BaseException:
            self._halt()
            raise
        if self._works and self._daily is not None:
            day = self._daily
            self._spawn("daily", lambda: day(self._stopping.is_set), self._once_a_day, RARELY)

    def wake(self) -> None:
        """Something was stored."""
        self._arrived.set()

    def stop(self) -> None:
        """Close the doors, then let both threads end their step."""
        close_all(self._receivers)
        self._halt()

    def alive(self) -> bool:
        """Every thread that should run runs."""
        return all(thread.is_alive() for thread in self._threads)

    def _spawn(self, name: str, step: Callable[[], object], event: threading.Event, seconds: float = SWEEP) -> None:
        thread = threading.Thread(target=self._loop, args=(name, step, event, seconds), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _halt(self) -> None:
        self._stopping.set()
        self._arrived.set()
        self._queued.set()
        self._decided.set()
        self._rarely.set()
        self._once_a_day.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _process(self) -> None:
        if drain(self._services, self._queued.set, self._stopping.is_set):
            self._decided.set()

    def _deliver(self) -> None:
        if not self._alone:
            recover(self._services.store, self._services.clock())
        while not self._stopping.is_set():
            if not deliver_batch(self._services.store, self._send, self._services.clock, self._services.settings.lease):
                return

    def _loop(self, name: str, step: Callable[[], object], event: threading.Event, seconds: float) -> None:
        while not self._stopping.is_set():
            try:
                step()
            except Exception:  # the store may be away; the rows are still there
                get().exception("worker_failed", worker=name)
            event.wait(seconds)
            event.clear()
