"""The event log: the one door out. Lines go to standard output, which is the engine's log, and never block the node.

Standard output is non-blocking; while its reader stalls, lines wait in a bounded queue, and beyond that they are left
out. Each kind of event may have so many lines a second; how many were left out is itself an event (`events.dropped`).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import Mapping

from catenet.nodes.control.events import Event
from catenet.nodes.machine import Json
from catenet.nodes.token_bucket import TokenBucket

__all__ = ["EventLog"]

_STDOUT = 1
_RATE = 100.0  # lines a second of one kind, in the long run
_BURST = 1000.0  # lines of one kind at once
_QUEUE = 1024 * 1024  # bytes that may wait for a reader that stalls
_REMEMBERED = 1000  # events of which a log without JSON keeps it
_SUBJECTS = 8192  # prefixes, LANs and services of which it keeps the last one, however long ago that was
_STATES = {
    **dict.fromkeys(("node.ready", "node.failed", "node.stopping"), "node"),
    **dict.fromkeys(("service.ready", "service.failed"), "service"),
    **dict.fromkeys(("link.up", "link.down", "link.silent"), "link"),
    **dict.fromkeys(("route.changed", "route.lost"), "route"),
}
"""Kind → of what it tells how it is from then on, until the next of these about the same prefix, LAN or service."""
_DROPPED_DELAY = 1.0  # seconds between two words about lines left out


class EventLog:
    """Writes events, each as one line."""

    def __init__(self, node: str, with_json: bool, loop: asyncio.AbstractEventLoop, file: int = _STDOUT) -> None:
        self._node = node
        self._with_json = with_json
        self._loop = loop
        self._file = file
        self._queue: deque[bytes] = deque()
        self._recent: deque[Event] = deque(maxlen=_REMEMBERED)
        self._last: dict[tuple[str, str, str], Event] = {}
        self.queued = 0  # bytes
        self._buckets: dict[str, TokenBucket] = {}
        self._left_out: dict[tuple[str, ...], int] = {}  # by the kinds that were asked for together
        self._none_until: dict[tuple[str, ...], float] = {}  # of those left out, since they were last told of
        self._waiting = False
        os.set_blocking(file, False)

    def wants(self, kinds: tuple[str, ...], now: float, times: int = 1) -> bool:
        """Whether an event of each of these kinds would be written now. If not, they count as left out, so many times:
        so what happens a hundred thousand times a second is not put into words each time.
        """
        if now < self._none_until.get(kinds, now):
            self._left_out[kinds] += times
            return False
        ready = max(self._buckets[kind].ready_at() if kind in self._buckets else now for kind in kinds)
        if ready <= now and self.queued <= _QUEUE:
            return True
        self._leave_out(kinds, times)
        self._none_until[kinds] = ready
        return False

    def write(self, service: str, kind: str, text: str, data: Mapping[str, Json]) -> None:
        """Write an event, unless its kind has had its share or nobody reads."""
        now = self._loop.time()
        bucket = self._buckets.get(kind)
        if bucket is None:
            bucket = self._buckets[kind] = TokenBucket(_RATE, _BURST, now)
        if self.queued > _QUEUE or not bucket.take(now):
            self._leave_out((kind,))
            return
        self._put(Event(time.time(), self._node, service, kind, text, data))

    def recent(self, after: float) -> list[str]:
        """The lines with the JSON that was left out of the log, in order, of events later than `after` (since 1970):
        the last ones, and those by which each link, route and service is as it is.
        """
        known = {id(event): event for event in (*self._last.values(), *self._recent) if event.at > after}
        return [event.line(with_json=True) for event in sorted(known.values(), key=lambda event: event.at)]

    def close(self) -> None:
        """Say what was left out; give what is queued to the reader as far as it takes it."""
        self._tell_left_out()
        self._flush()

    def _put(self, event: Event) -> None:
        line = event.line(with_json=self._with_json).encode(errors="replace") + b"\n"
        if not self._with_json:
            self._remember(event)
        self._queue.append(line)
        self.queued += len(line)
        if not self._waiting:
            self._flush()

    def _remember(self, event: Event) -> None:
        self._recent.append(event)
        if (what := _STATES.get(event.kind)) is not None:
            key = event.service, what, str(event.data.get("prefix", event.data.get("lan", "")))
            self._last.pop(key, None)
            self._last[key] = event
            if len(self._last) > _SUBJECTS:
                del self._last[next(iter(self._last))]

    def _leave_out(self, kinds: tuple[str, ...], times: int = 1) -> None:
        if not self._left_out:
            self._loop.call_later(_DROPPED_DELAY, self._tell_left_out)
        self._left_out[kinds] = self._left_out.get(kinds, 0) + times

    def _tell_left_out(self) -> None:
        left_out: Counter[str] = Counter()
        for kinds, count in self._left_out.items():
            left_out.update(dict.fromkeys(kinds, count))
        self._left_out.clear()
        self._none_until.clear()
        for kind, count in left_out.items():
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
