"""Frames of several captures → one series in the order of time. Pure.

A frame is handed out once every other capture is known to be past its time: by a later frame, or by a mark that came
out of it. So the order holds however late a capture is read; `lagging` says which ones to ask for a mark.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

from catenet.orchestrator.wire.packets import Frame

__all__ = ["Merge"]


class Merge:
    """Captures are numbered from 0."""

    def __init__(self, captures: int) -> None:
        self._past = [-math.inf] * captures
        self._held: list[tuple[float, int, int, Frame]] = []
        self._count = 0

    def add(self, capture: int, frame: Frame) -> None:
        self._count += 1
        heapq.heappush(self._held, (frame.at, self._count, capture, frame))
        self.passed(capture, frame.at)

    def passed(self, capture: int, at: float) -> None:
        """All of that capture before this time (s since 1970) is here; `inf`: it has ended, or nobody waits for it."""
        self._past[capture] = max(self._past[capture], at) if math.isfinite(self._past[capture]) else at

    def take(self) -> Iterator[tuple[int, Frame]]:
        """What is in order now, with the number of its capture."""
        until = min(self._past, default=math.inf)
        while self._held and self._held[0][0] <= until:
            _, _, capture, frame = heapq.heappop(self._held)
            yield capture, frame

    def lagging(self) -> list[int]:
        """The captures that the first frame in hand waits for."""
        return [number for number, past in enumerate(self._past) if self._held and past < self._held[0][0]]
