"""How far an engine's clock is from ours: the shortest round trip decides, and its middle is when the engine looked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.docker_clock import nearest
from catenet.orchestrator.backend.protocols import EngineError

TWO_HOURS_EAST = timezone(timedelta(hours=2))


class _Elsewhere(ThreadingHTTPServer):
    """An engine by TCP whose clock is `off` seconds ahead, or whose words of it are `says`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.off = 0.0
        self.says: str | None = None
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Elsewhere

    def do_GET(self) -> None:
        if self.path.endswith("/info"):
            self.server.asked += 1
            there = datetime.fromtimestamp(time.time() + self.server.off, TWO_HOURS_EAST)
            self._answer({"SystemTime": self.server.says or f"{there:%Y-%m-%dT%H:%M:%S.%f}123+02:00"})
        else:
            self._answer({"Version": "28.5.2", "ApiVersion": "1.51"})

    def _answer(self, what: dict[str, str]) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Elsewhere]:
    with _Elsewhere() as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_the_shortest_round_trip_decides() -> None:
    slow, quick, slower = (10.0, 17.0, 14.0), (20.0, 23.5, 21.0), (30.0, 31.0, 39.0)
    assert nearest([slow, quick, slower]) == 3.0


@pytest.mark.parametrize("off", [0.0, 7.5, -3600.0])
def test_an_engine_by_tcp_says_how_far_its_clock_is(elsewhere: _Elsewhere, off: float) -> None:
    elsewhere.off = off
    engine = connect()
    assert engine.ahead("any") == pytest.approx(off, abs=0.5)
    asked = elsewhere.asked
    engine.ahead("another")
    assert elsewhere.asked == asked  # it is remembered for a while


def test_what_is_no_time_is_refused_in_words(elsewhere: _Elsewhere) -> None:
    elsewhere.says = "noon"
    with pytest.raises(EngineError, match="its time: the engine says 'noon'"):
        connect().ahead("any")
