"""A program that answers at a Unix socket as an engine does on which there is nothing."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any


class Engine(BaseHTTPRequestHandler):
    """An engine without anything on it, which never answers when it is asked for its networks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/networks" in self.path:
            self.server.asked.set()  # type: ignore[attr-defined]
            self.rfile.read(1)  # the other end goes
            return
        body = b"[]" if "/json" in self.path else json.dumps({"Version": "20.10.24", "ApiVersion": "1.41"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class SocketServer(ThreadingUnixStreamServer):
    """It serves from `with` on, to its end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), Engine)
        self.asked = threading.Event()
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever)

    def __enter__(self) -> SocketServer:
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
