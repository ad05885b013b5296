"""The event log: the one door out. Lines go to standard output, which is the engine's log, and never block the node.

Standard output is non-blocking; while its reader stalls, lines wait in a bounded queue, and beyond that they are left
out. Each kind of event may have so many lines a second; how many were left out is itself an event (`events.dropped`).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Mapping

from catenet.nodes.control.events import Event
from catenet.nodes.machine import Json

__all__ = ["EventLog", "TokenBucket"]

_STDOUT = 1
_RATE = 200.0  # lines a second of one kind, in the long run
_BURST = 1000.0  # lines of one kind at once
_QUEUE = 1024 * 1024  # bytes that may wait for a reader that stalls
_REMEMBERED = 1000  # events of which a log without JSON keeps it
_DROPPED_DELAY = 1.0  # seconds between two words about lines left out


class TokenBucket:
    """So many things a second, and a few more at once."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Whether one more (or so many) is allowed at this time (in seconds)."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True


class EventLog:
    """Writes events, each as one line."""

    def __init__(self, node: str, with_json: bool, loop: asyncio.AbstractEventLoop, file: int = _STDOUT) -> None:
        self._node = node
        self._with_json = with_json
        self._loop = loop
        self._file = file
        self._queue: deque[bytes] = deque()
        self._recent: deque[Event] = deque(maxlen=_REMEMBERED)
        self.queued = 0  # bytes
        self._buckets: dict[str, TokenBucket] = {}
        self._dropped: dict[str, int] = {}
        self._waiting = False
        os.set_blocking(file, False)

    def write(self, service: str, kind: str, text: str, data: Mapping[str, Json]) -> None:
        """Write an event, unless its kind has had its share or nobody reads."""
        now = self._loop.time()
        bucket = self._buckets.get(kind)
        if bucket is None:
            bucket = self._buckets[kind] = TokenBucket(_RATE, _BURST, now)
        if self.queued > _QUEUE or not bucket.take(now):
            self._drop(kind)
            return
        self._put(Event(time.time(), self._node, service, kind, text, data))

    def recent(self, after: float) -> list[str]:
        """The lines with the JSON that was left out of the log, of the last events later than `after` (since 1970)."""
        return [event.line(with_json=True) for event in self._recent if event.at > after]

    def close(self) -> None:
        """Say what was left out; give what is queued to the reader as far as it takes it."""
        self._tell_dropped()
        self._flush()

    def _put(self, event: Event) -> None:
        line = event.line(with_json=self._with_json).encode(errors="replace") + b"\n"
        if not self._with_json:
            self._recent.append(event)
        self._queue.append(line)
        self.queued += len(line)
        if not self._waiting:
            self._flush()

    def _drop(self, kind: str) -> None:
        if not self._dropped:
            self._loop.call_later(_DROPPED_DELAY, self._tell_dropped)
        self._dropped[kind] = self._dropped.get(kind, 0) + 1

    def _tell_dropped(self) -> None:
        dropped, self._dropped = self._dropped, {}
        for kind, count in dropped.items():
            text = f"{count} lines of {kind} left out: too many in a second"
            self._put(Event(time.time(), self._node, "node", "events.dropped", text, {"kind": kind, "count": count}))

    def _flush(self) -> None:
        while self._queue:
            line = self._queue[0]
            try:
                written = os.write(self._file, line)
            except BlockingIOError:
                self._wait()
                return
            except OSError:  # the reader is gone for good: nobody is left to tell
                self._queue.clear()
                self.queued = 0
                break
            self.queued -= written
            if written < len(line):
                self._queue[0] = line[written:]
            else:
                self._queue.popleft()
        if self._waiting:
            self._loop.remove_writer(self._file)
            self._waiting = False

    def _wait(self) -> None:
        if not self._waiting:
            self._loop.add_writer(self._file, self._flush)
            self._waiting = True
