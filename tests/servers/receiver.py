"""A webhook receiver on this machine: answers as it is told, and keeps what it got."""

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

SECRET = base64.b64encode(b"r" * 32).decode()
HANG, DRIP = -1, -2


@dataclass
class Got:
    """One request."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def sequence(self) -> int:
        return int(json.loads(self.body)["data"]["sequence"])

    @property
    def told(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    def verify(self, secret: bytes = b"r" * 32) -> None:
        """As a receiver does it, with another library than ours: raises InvalidSignature."""
        mac = HMAC(secret, hashes.SHA256())
        mac.update(self.headers["webhook-id"].encode() + b"." + self.headers["webhook-timestamp"].encode() + b"."
                   + self.body)
        version, _, signature = self.headers["webhook-signature"].partition(",")
        assert version == "v1"
        mac.verify(base64.b64decode(signature))
        assert abs(int(self.headers["webhook-timestamp"]) - time.time()) < 300


@dataclass
class Receiver:
    """`answers` is asked for the status of each request; HANG never answers, DRIP does so byte by byte."""

    answer: Callable[[Got], int] = lambda got: 204
    headers: dict[str, str] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed, self.closing, self.connections = threading.Condition(), threading.Event(), 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self, Got({name.lower(): value for name, value in self.headers.items()}, body, self.path))

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, handler: BaseHTTPRequestHandler, got: Got) -> None:
        with self._changed:
            self.got.append(got)
            self._changed.notify_all()
        status = self.answer(got)
        if status == HANG:
            self.closing.wait(60)
            return
        if status == DRIP:
            while not self.closing.wait(0.05):
                handler.wfile.write(b"H")
            return
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def wait(self, true: Callable[[list[Got]], bool], seconds: float = 30) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: true(self.got), seconds)

    def stop(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
