"""An engine that cannot freeze a container at once: some process of it is just being born."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_engine import PortServer, Said

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import EngineError

UNFROZEN = "Cannot pause container 72d5: OCI runtime pause failed: unable to freeze: unknown"


class _Busy(PortServer):
    """It answers what it is asked to pause with these messages, one after another, and then does it."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[str] = []
        self.asked = 0

    def answer(self, method: str, path: str) -> Said:
        if method == "GET":
            return super().answer(method, path)
        self.asked += 1
        return (500, {"message": self.refusals.pop(0)}) if self.refusals else (204, None)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Busy]:
    with _Busy().serving(monkeypatch) as server:
        yield server


def test_it_is_asked_again(busy: _Busy) -> None:
    busy.refusals = [UNFROZEN] * 3
    connect().pause("r1")
    assert busy.asked == 4


def test_another_refusal_is_said_at_once(busy: _Busy) -> None:
    busy.refusals = ["Container 72d5 is not running"] * 2
    with pytest.raises(EngineError, match=r"^pause r1: Container 72d5 is not running \(start it first\)"):
        connect().pause("r1")
    assert busy.asked == 1
