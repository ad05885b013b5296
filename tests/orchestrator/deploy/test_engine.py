"""What `make engine` does where an engine is, and will not do: nothing is installed or started beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.deploy.engine import ensure_engine


class OldEngine(BaseHTTPRequestHandler):
    """Says that it is Docker 19.03."""

    def do_GET(self) -> None:
        body = b'{"Version": "19.03.15", "ApiVersion": "1.40"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def old_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OldEngine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()
        thread.join()


def test_an_engine_that_refuses_us_is_reported_as_it_is(old_engine: None) -> None:
    said: list[str] = []
    with pytest.raises(EngineError, match=r"Docker 19\.03\.15 .*20\.10 or newer"):
        ensure_engine(said.append)
    assert said == []


def test_an_engine_elsewhere_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    with pytest.raises(EngineError, match=r"no engine answers at DOCKER_HOST=unix:///nonexistent/engine\.sock"):
        ensure_engine(lambda _: None)
