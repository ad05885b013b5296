"""How far an engine's clock is from ours, by what `GET /info` says of its time, halfway through the round trip."""

from __future__ import annotations

import threading
import time
from datetime import datetime

from catenet.orchestrator.backend.docker_client import Clients
from catenet.orchestrator.backend.docker_errors import engine_errors
from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["EngineClock", "nearest"]

_SAMPLES = 3
"""Round trips, of which the shortest counts: it can be off by half of its length at the most."""
_AGE = 60.0
"""Seconds after which it is measured anew: two clocks that nobody sets drift apart by some 2 ms in that time."""


class EngineClock:
    """The clock of one engine; for many threads."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._measured: tuple[float, float] | None = None  # when, on the monotonic clock, and the seconds

    def ahead(self) -> float:
        """Seconds that it is ahead of ours; less than 0 where it is behind.

        Raises:
            EngineError: the engine does not answer.

        """
        with self._lock:
            now = time.monotonic()
            if self._measured is None or now - self._measured[0] > _AGE:
                self._measured = now, nearest([self._sample() for _ in range(_SAMPLES)])
            return self._measured[1]

    def _sample(self) -> tuple[float, float, float]:
        with engine_errors("ask for its time"):
            asked = time.time()
            said = str(self._clients().info().get("SystemTime"))
            heard = time.time()
        try:
            return asked, datetime.fromisoformat(said).timestamp(), heard
        except ValueError:
            raise EngineError(f"ask for its time: the engine says {said!r}, which is none") from None


def nearest(samples: list[tuple[float, float, float]]) -> float:
    """By how many seconds the other clock is ahead, given when it was asked, what it said and when that was here."""
    asked, said, heard = min(samples, key=lambda each: each[2] - each[0])
    return said - (asked + heard) / 2
