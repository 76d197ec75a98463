"""The HTTP door in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from bot.errors import OperatorError


class HttpServer:
    """Serves until it is stopped; `port` is the real one."""

    def __init__(self, app: Starlette, host: str, port: int, stopping: Callable[[], object] = lambda: None) -> None:
        """Takes the port at once, so that a taken one is an error now. Raises OperatorError.

        `stopping` is called before the end, so that requests that wait for something can answer.
        """
        self._stopping = stopping
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # said to be TCP, or asyncio leaves Nagle's algorithm on, and an answer waits 40 ms for an acknowledgement
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise OperatorError(f"Port {port} on {host} cannot be used for http ({error.strerror}): set http.port to "
                                "a free one, or http.enabled = false.") from error
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off",
                                                     server_header=False, timeout_graceful_shutdown=5,
                                                     proxy_headers=False, ws="none"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what was asked, and close."""
        self._server.should_exit = True
        self._stopping()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._socket.close()
