"""Several captures at once, followed as they go, merged by time: each packet as soon as none before it can come."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue

from catenet.orchestrator.backend.protocols import Streams
from catenet.orchestrator.capture.merge import Merge
from catenet.orchestrator.capture.tcpdump import PATIENCE, CaptureError, CapturePoint, Tcpdump, listening
from catenet.orchestrator.wire.packets import Frame

__all__ = ["Following", "following"]

TICK = 0.1
"""Seconds between two looks; a packet that waits for a silent capture waits about so long."""
STALLED = 5.0
"""Seconds after which nobody waits any longer for a capture that does not answer (its node is paused)."""
ROOM = 10_000
"""Packets that may wait for `look`. With more, the captures wait, and the kernel counts what it has to drop."""
_MOMENT = 0.01


class Following:
    """`look` gives what has passed. `packets` counts it; `dropped`: what the kernel had to drop, known at the end."""

    def __init__(self, captures: int) -> None:
        self.packets = self.dropped = 0
        self.notes: list[str] = []
        self.captures: list[Tcpdump] = []
        self._queue: SimpleQueue[tuple[int, Frame | float | None]] = SimpleQueue()  # Queue is too slow for a burst
        self._closed = False
        self._ended: set[int] = set()
        self._asked: dict[int, float] = {}
        self._merge = Merge(captures)

    def put(self, number: int, what: Frame | float) -> None:
        """A capture's frame, or the time of a mark that came out of it; waits until there is room."""
        while self._queue.qsize() >= ROOM and not self._closed:
            time.sleep(_MOMENT)
        self._queue.put((number, what))

    def wake(self) -> None:
        """End a `look` that waits: something else has come up."""
        self._queue.put((-1, None))

    def close(self) -> None:
        """Nobody looks any more: no capture waits for room."""
        self._closed = True

    def look(self, wait: float = TICK) -> Iterator[tuple[CapturePoint, Frame]]:
        """What is in order by now; waits so many seconds at most for more.

        Raises:
            CaptureError: no capture is left; the text says why.

        """
        self._listen(min(wait, TICK))
        now = time.monotonic()
        for number in self._merge.lagging():
            if number not in self._asked:
                self._asked[number] = now
                self.captures[number].mark()
            elif now - self._asked[number] > STALLED:
                self._merge.passed(number, math.inf)
        self._note_ends()
        for number, frame in self._merge.take():
            yield self.captures[number].point, frame
        if len(self._ended) == len(self.captures):
            raise CaptureError("; ".join(self.notes))

    def finish(self) -> Iterator[tuple[CapturePoint, Frame]]:
        """End all captures: what passed before now still comes."""
        deadline = time.monotonic() + PATIENCE
        alive = [capture for number, capture in enumerate(self.captures) if number not in self._ended]
        for capture in alive:
            capture.finish()
        for capture in alive:
            while not capture.ended.wait(_MOMENT) and time.monotonic() < deadline:
                self._listen(0.0)  # it may wait for room
            try:
                capture.wait_ended(deadline)
            except CaptureError as error:
                self._note(str(error))
        self.dropped = sum(capture.dropped for capture in self.captures)
        self._listen(0.0)
        for number in range(len(self.captures)):
            self._merge.passed(number, math.inf)
        for number, frame in self._merge.take():
            yield self.captures[number].point, frame

    def _listen(self, wait: float) -> None:
        """What has come by now, into the merge."""
        try:
            self._sort(*self._queue.get(timeout=wait) if wait else self._queue.get_nowait())
            for _ in range(ROOM):
                self._sort(*self._queue.get_nowait())
        except Empty:
            return

    def _sort(self, number: int, what: Frame | float | None) -> None:
        if what is None:
            return
        self._asked.pop(number, None)
        if isinstance(what, Frame):
            self._merge.add(number, what)
        else:
            self._merge.passed(number, what)

    def _note_ends(self) -> None:
        """A capture that has broken off (its node was killed) holds up nobody."""
        for number, capture in enumerate(self.captures):
            if number not in self._ended and capture.ended.is_set():
                self._ended.add(number)
                self._listen(0.0)
                self._merge.passed(number, math.inf)
                self._note(f"{capture.point.node}: the capture broke off: {capture.error}")

    def _note(self, words: str) -> None:
        """Once, however many interfaces of a node say so."""
        if words not in self.notes:
            self.notes.append(words)


@contextmanager
def following(streams: Streams, points: Sequence[CapturePoint], expression: str) -> Iterator[Following]:
    """Inside, all of them listen.

    Raises:
        UserError: tcpdump does not understand the expression.
        CaptureError: one did not begin.
        EngineError: a container takes no program.

    """
    followed = Following(len(points))
    begin = [
        partial(Tcpdump, streams, point, expression, partial(followed.put, number), partial(followed.put, number))
        for number, point in enumerate(points)
    ]
    with listening(begin) as captures:
        followed.captures = captures
        try:
            yield followed
        finally:
            followed.close()
