"""How far an engine's clock is from ours: the shortest round trip decides, and its middle is when the engine looked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from http_engine import PortServer, Said

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.docker_clock import nearest
from catenet.orchestrator.backend.protocols import EngineError

TWO_HOURS_EAST = timezone(timedelta(hours=2))


class _Elsewhere(PortServer):
    """An engine by TCP whose clock is `off` seconds ahead, or whose words of it are `says`."""

    def __init__(self) -> None:
        super().__init__()
        self.off = 0.0
        self.says: str | None = None
        self.asked = 0

    def answer(self, method: str, path: str) -> Said:
        if not path.endswith("/info"):
            return super().answer(method, path)
        self.asked += 1
        there = datetime.fromtimestamp(time.time() + self.off, TWO_HOURS_EAST)
        return 200, {"SystemTime": self.says or f"{there:%Y-%m-%dT%H:%M:%S.%f}123+02:00"}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Elsewhere]:
    with _Elsewhere().serving(monkeypatch) as server:
        yield server


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
