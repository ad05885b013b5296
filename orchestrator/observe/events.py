"""What the nodes wrote, merged by time: from the engine's logs, so that a dead node's last words are there too."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from catenet.nodes.control.events import Event
from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import Answer, Question
from catenet.orchestrator.backend.protocols import Container, EngineError, EngineGoneError, Listed, LogLine, Streams
from catenet.orchestrator.observe.ask import ask_all

__all__ = ["Line", "completed", "follow", "in_order", "last_time", "past", "select", "wait_for"]

HOLD = 0.1
"""Seconds that a followed line is held back, so that the lines of other nodes can take their place before it."""
BATCH = 0.5
"""Seconds after which held lines are passed on even if more keep coming."""
LOOK = 1.0
"""Seconds between two looks for nodes that were started since."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a node's log. `event` is None where the line is none: a traceback, a program's own output.

    `at` is when it was written, `logged` when the engine got it, both in seconds since 1970.
    """

    node: str
    at: float
    logged: float
    text: str
    event: Event | None

    @classmethod
    def of(cls, node: str, line: LogLine) -> Line:
        """A line of the engine's log, as a terminal may have it; an event's own time goes before the engine's, and its
        JSON is cut off.
        """
        event = Event.parse(line.text, node, line.at)
        if event is None:
            return cls(node, line.at, line.at, printable(line.text.expandtabs()), None)
        return cls(node, event.at, line.at, _readable(line.text), event)


def _readable(text: str) -> str:
    return printable(text.rpartition("\t")[0] or text)


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Sorted by time; lines of one time keep their order."""
    return sorted(lines, key=lambda line: line.at)


def select(lines: Iterable[Line], kinds: Iterable[str] = ()) -> Iterator[Line]:
    """Those that are events, of a kind that begins with one of `kinds` (none given: of any)."""
    prefixes = tuple(kinds) or ("",)
    return (line for line in lines if line.event is not None and line.event.kind.startswith(prefixes))


def past(engine: Streams, containers: Iterable[Listed], tail: int | None = None) -> list[Line]:
    """What the nodes have written so far (each node's last `tail` lines), in order of time.

    Raises:
        EngineError: the engine does not give a log that is there.

    """
    lines: list[Line] = []
    for container in containers:
        lines += (Line.of(container.node, line) for line in engine.logs(container.name, tail=tail))
    return in_order(lines)


def follow(
    engine: Streams,
    containers: Callable[[], Iterable[Container]],
    known: Iterable[Line] = (),
    look: float = LOOK,
    *,
    complete: bool = False,
) -> Iterator[Line]:
    """What the nodes write from now on, in order of time, and what they wrote after the lines that are `known`.

    `containers` is asked again every `look` seconds: a node that is started again is followed again. It ends when
    `containers` gives none. `complete`: events have all of their data (see `completed`).
    """
    after = {line.node: line.logged for line in sorted(known, key=lambda line: line.logged)}
    followers: dict[str, _Follower] = {}
    arrived: queue.Queue[Line] = queue.Queue(maxsize=10_000)
    next_look = 0.0
    try:
        while True:
            if time.monotonic() >= next_look:
                present = list(containers())
                if not present:
                    return
                for container in present:
                    old = followers.get(container.node)
                    if old is None or (old.ended and container.state == "running"):
                        since = old.last_at if old else after.get(container.node, 0.0)
                        followers[container.node] = _Follower(engine, container, arrived, since)
                next_look = time.monotonic() + look
            lines = in_order(_batch(arrived, next_look))
            yield from completed(engine, present, lines) if complete else lines
    finally:
        for follower in followers.values():
            follower.close()


def completed(engine: Streams, containers: Iterable[Container], lines: Sequence[Line]) -> list[Line]:
    """The same lines; events read from words get all of their data, where their node runs and still has it."""
    wanting = [line for line in lines if line.event is not None and not line.event.whole]
    if not wanting:
        return list(lines)
    names = {line.node for line in wanting}
    asked = [container for container in containers if container.node in names]
    after = min(line.at for line in wanting) - 1e-3
    answers = ask_all(engine, asked, Question("events", {"after": after}))
    known = {(node, _readable(text)): Event.parse(text) for node in answers for text in _texts(answers[node])}
    return [replace(line, event=known.get((line.node, line.text)) or line.event) for line in lines]


def _texts(answer: Answer) -> list[str]:
    return [str(text) for text in answer.answer] if isinstance(answer.answer, list) else []


def _batch(arrived: queue.Queue[Line], until: float) -> Iterator[Line]:
    """The next lines, as many as come within moments of each other; none where nothing comes until then."""
    with suppress(queue.Empty):
        yield arrived.get(timeout=max(0.0, until - time.monotonic()))
        end = time.monotonic() + BATCH
        while time.monotonic() < end:
            yield arrived.get(timeout=HOLD)


class _Follower:
    """A thread that reads one container's log until it ends: the lines that were logged later than `after`.

    Each counts by that alone: two may have one time, and a clock that is set back makes later ones look older.
    """

    def __init__(self, engine: Streams, container: Container, arrived: queue.Queue[Line], after: float) -> None:
        self.last_at = self._after = after
        self.ended = False
        self._closed = False
        self._node = container.node
        self._arrived = arrived
        self._lines: Iterator[LogLine] = iter(())
        try:
            self._lines = engine.logs(container.name, follow=True)
        except EngineGoneError:
            raise
        except EngineError:
            pass  # the container is being removed
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(EngineError, OSError):  # the container was removed, or close() cut the stream
            for line in self._lines:
                if line.at > self._after:
                    self.last_at = max(self.last_at, line.at)
                    self._put(Line.of(self._node, line))
        self.ended = True

    def _put(self, line: Line) -> None:
        while not self._closed:
            with suppress(queue.Full):
                self._arrived.put(line, timeout=1.0)
                break

    def close(self) -> None:
        """Cut the stream: the thread ends, even where it waits for room."""
        self._closed = True
        close = getattr(self._lines, "close", None)
        if close is not None:
            close()


def last_time(engine: Streams, container: Listed) -> float:
    """When the node's last line was logged, by the engine's clock; 0 where there is none."""
    return max((line.at for line in engine.logs(container.name, tail=1)), default=0.0)


def wait_for(
    engine: Streams, container: Container, matches: Callable[[Event], bool], after: float, deadline: float
) -> Event | None:
    """The node's first such event logged later than `after`; None where `deadline` seconds pass without."""
    arrived: queue.Queue[Line] = queue.Queue()
    follower = _Follower(engine, container, arrived, after)
    until = time.monotonic() + deadline
    try:
        while True:
            line = arrived.get(timeout=max(0.0, until - time.monotonic()))
            if line.event is not None and matches(line.event):
                return line.event
    except queue.Empty:
        return None
    finally:
        follower.close()
