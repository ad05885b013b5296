"""Programs that answer as an engine does, by HTTP: at a port, and at a Unix socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any, Self, TypeAlias

import pytest

Said: TypeAlias = tuple[int, object] | None
"""A status and what is said as JSON (None: no body); or nothing at all, until the other end goes."""
VERSION: Said = (200, {"Version": "20.10.24", "ApiVersion": "1.41"})


class _Handler(BaseHTTPRequestHandler):
    server: PortServer | SocketServer
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        said = self.server.answer(self.command, self.path)
        if said is None:
            self.rfile.read(1)
            return
        status, content = said
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 -- http.server's names

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class PortServer(ThreadingHTTPServer):
    """At a port. It says its version; whoever derives from it knows the rest."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    def answer(self, method: str, path: str) -> Said:
        del method, path
        return VERSION

    @contextmanager
    def serving(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Self]:
        """DOCKER_HOST is this one."""
        with self:
            threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
            monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{self.server_port}")
            try:
                yield self
            finally:
                self.shutdown()


class SocketServer(ThreadingUnixStreamServer):
    """At a socket, from `with` on, to its end. There is nothing on it, and when it is asked for its networks it never
    answers.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.asked = threading.Event()
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def answer(self, method: str, path: str) -> Said:
        del method
        if "/networks" in path:
            self.asked.set()
            return None
        return (200, []) if "/json" in path else VERSION

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        for taken in self._taken:
            with suppress(OSError):  # the other end was first
                taken.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._taken.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        pass  # the other end has gone
