"""An engine that cannot freeze a container at once: some process of it is just being born."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError

UNFROZEN = "Cannot pause container 72d5: OCI runtime pause failed: unable to freeze: unknown"


class _Busy(ThreadingHTTPServer):
    """It answers what it is asked to pause with these messages, one after another, and then does it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusals: list[str] = []
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Busy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, {"Version": "20.10.24", "ApiVersion": "1.41"})

    def do_POST(self) -> None:
        self.server.asked += 1
        if self.server.refusals:
            self._answer(500, {"message": self.server.refusals.pop(0)})
        else:
            self._answer(204, None)

    def _answer(self, status: int, content: object) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Busy]:
    with _Busy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


def test_it_is_asked_again(busy: _Busy) -> None:
    busy.refusals = [UNFROZEN] * 3
    connect().pause("r1")
    assert busy.asked == 4


def test_another_refusal_is_said_at_once(busy: _Busy) -> None:
    busy.refusals = ["Container 72d5 is not running"] * 2
    with pytest.raises(EngineError, match=r"^pause r1: Container 72d5 is not running \(start it first\)"):
        connect().pause("r1")
    assert busy.asked == 1
