"""What the nodes wrote, merged by time: from the engine's logs, so that a dead node's last words are there too."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from catenet.nodes.control.events import Event
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.fields import lines as kept_lines
from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Container, EngineError, EngineGoneError, Listed, LogLine, Streams
from catenet.orchestrator.observe.ask import ask_all

__all__ = ["Completer", "LogEntry", "completed", "follow", "in_order", "last_time", "past", "select", "wait_for"]

HOLD = 0.1
"""Seconds that a followed line is held back, so that the lines of other nodes can take their place before it."""
BATCH = 0.5
"""Seconds after which held lines are passed on even if more keep coming."""
LOOK = 1.0
"""Seconds between two looks for nodes that were started since."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a node's log. `event` is None where the line is none: a traceback, a program's own output.

    `at` is when it was written, in seconds since 1970 by this process's clock, and so is its event's time. `logged` is
    when the engine got it, by that engine's clock, which is so many seconds `ahead`.
    """

    node: str
    at: float
    logged: float
    text: str
    event: Event | None
    ahead: float = 0.0

    @classmethod
    def of(cls, node: str, line: LogLine, ahead: float = 0.0) -> LogEntry:
        """A line of the engine's log, as a terminal may have it; an event's own time goes before the engine's, and its
        JSON is cut off.
        """
        event = Event.parse(line.text, node, line.at)
        if event is None:
            return cls(node, line.at - ahead, line.at, printable(line.text.expandtabs()), None, ahead)
        event = replace(event, at=event.at - ahead)
        return cls(node, event.at, line.at, _readable(line.text), event, ahead)

    @property
    def said(self) -> float:
        """When it was written by the node's own clock, in which the node is asked for more."""
        return self.at + self.ahead


def _readable(text: str) -> str:
    return printable(text.rpartition("\t")[0] or text)


def in_order(lines: Iterable[LogEntry]) -> list[LogEntry]:
    """Sorted by time; lines of one time keep their order."""
    return sorted(lines, key=lambda line: line.at)


def select(lines: Iterable[LogEntry], kinds: Iterable[str] = ()) -> Iterator[LogEntry]:
    """Those that are events, of a kind that begins with one of `kinds` (none given: of any)."""
    prefixes = tuple(kinds) or ("",)
    return (line for line in lines if line.event is not None and line.event.kind.startswith(prefixes))


def past(engine: Streams, containers: Iterable[Listed], tail: int | None = None) -> list[LogEntry]:
    """What the nodes have written so far (each node's last `tail` lines), in order of time.

    Raises:
        EngineError: the engine does not give a log that is there.

    """
    lines: list[LogEntry] = []
    for container in containers:
        ahead = engine.ahead(container.name)
        lines += (LogEntry.of(container.node, line, ahead) for line in engine.logs(container.name, tail=tail))
    return in_order(lines)


def follow(
    engine: Streams,
    containers: Callable[[], Iterable[Container]],
    known: Iterable[LogEntry] = (),
    look: float = LOOK,
    *,
    complete: bool = False,
) -> Iterator[LogEntry]:
    """What the nodes write from now on, in order of time, and what they wrote after the lines that are `known`.

    `containers` is asked again every `look` seconds: a node that is started again is followed again. It ends when
    `containers` gives none. `complete`: events have all of their data (see `completed`).
    """
    after = {line.node: line.logged for line in sorted(known, key=lambda line: line.logged)}
    followers: dict[str, _Follower] = {}
    arrived: queue.Queue[LogEntry] = queue.Queue(maxsize=10_000)
    completer = Completer(engine)
    present: list[Container] = []
    next_look = 0.0
    try:
        while True:
            if time.monotonic() >= next_look:
                now = list(containers())
                if not now:  # what they have said by now still comes
                    lines = in_order(_waiting(arrived))
                    yield from completer.complete(lines, present) if complete else lines
                    return
                present = now
                for container in present:
                    old = followers.get(container.node)
                    if old is None or (old.ended and container.state == "running"):
                        since = old.last_at if old else after.get(container.node, 0.0)
                        followers[container.node] = _Follower(engine, container, arrived, since)
                next_look = time.monotonic() + look
            lines = in_order(_batch(arrived, next_look))
            yield from completer.complete(lines, present) if complete else lines
    finally:
        for follower in followers.values():
            follower.close()


def completed(engine: Streams, containers: Iterable[Container], lines: Sequence[LogEntry]) -> list[LogEntry]:
    """The same lines; events whose lines have no JSON get their data, where their node runs and still has it."""
    return Completer(engine).complete(lines, containers)


class Completer:
    """Completes lines as they come: a node is asked for all that it has said since the first that lacks its data, and
    again only for what it said later. For one thread.
    """

    def __init__(self, engine: Streams) -> None:
        self._engine = engine
        self._known: dict[str, dict[str, Mapping[str, Json]]] = {}  # node → line → data
        self._until: dict[str, float] = {}  # node → its time of the last line that it was asked for, or told of

    def complete(self, lines: Sequence[LogEntry], containers: Iterable[Container]) -> list[LogEntry]:
        """As of `completed`. `containers`: the nodes whose lines they are; not looked at where nothing lacks."""
        known = [self._completed(line) for line in lines]
        wanting: dict[str, list[float]] = {}
        for line in known:
            if _lacks(line) and line.said > self._until.get(line.node, 0.0):
                wanting.setdefault(line.node, []).append(line.said)
        if not wanting:
            return known
        self._ask(wanting, [container for container in containers if container.node in wanting])
        return [self._completed(line) for line in known]

    def _ask(self, wanting: Mapping[str, Sequence[float]], containers: Sequence[Container]) -> None:
        after = min(map(min, wanting.values())) - 1e-3
        answers = ask_all(self._engine, containers, Question("events", {"after": after}))
        for node, times in wanting.items():
            known = [(text, Event.parse(text)) for text in _texts(answers.get(node, Answer()))]
            said = {_readable(text): event for text, event in known if event is not None}
            self._known[node] = {text: event.data for text, event in said.items()}
            self._until[node] = max([*times, *(event.at for event in said.values())])

    def _completed(self, line: LogEntry) -> LogEntry:
        data = self._known.get(line.node, {}).get(line.text) if _lacks(line) else None
        if data is None or line.event is None:
            return line
        return replace(line, event=replace(line.event, data=data, whole=True))


def _lacks(line: LogEntry) -> bool:
    return line.event is not None and not line.event.whole


def _texts(answer: Answer) -> tuple[str, ...]:
    """The lines that a node has kept; of one that says something else, none."""
    try:
        return read(answer, kept_lines)
    except AnswerError:
        return ()


def _batch(arrived: queue.Queue[LogEntry], until: float) -> Iterator[LogEntry]:
    """The next lines, as many as come within moments of each other; none where nothing comes until then."""
    with suppress(queue.Empty):
        yield arrived.get(timeout=max(0.0, until - time.monotonic()))
        end = time.monotonic() + BATCH
        while time.monotonic() < end:
            yield arrived.get(timeout=HOLD)


def _waiting(arrived: queue.Queue[LogEntry]) -> Iterator[LogEntry]:
    """Those that have come already."""
    with suppress(queue.Empty):
        while True:
            yield arrived.get_nowait()


class _Follower:
    """A thread that reads one container's log until it ends: the lines that were logged later than `after`.

    Each counts by that alone: two may have one time, and a clock that is set back makes later ones look older.
    """

    def __init__(self, engine: Streams, container: Container, arrived: queue.Queue[LogEntry], after: float) -> None:
        self.last_at = self._after = after
        self.ended = False
        self._closed = False
        self._engine, self._container = engine, container
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
                    ahead = self._engine.ahead(self._container.name)  # anew: clocks drift apart, and are set
                    self._put(LogEntry.of(self._container.node, line, ahead))
        self.ended = True

    def _put(self, line: LogEntry) -> None:
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
    """The node's first such event, whole, logged later than `after`; None where `deadline` seconds pass without."""
    arrived: queue.Queue[LogEntry] = queue.Queue()
    follower = _Follower(engine, container, arrived, after)
    completer, here = Completer(engine), [replace(container, state="running")]  # it may not have run when it was seen
    until = time.monotonic() + deadline
    try:
        while True:
            lines = [arrived.get(timeout=max(0.0, until - time.monotonic()))]
            lines += _waiting(arrived)
            events = [line.event for line in completer.complete(lines, here) if line.event is not None]
            found = next(filter(matches, events), None)
            if found is not None:
                return found
    except queue.Empty:
        return None
    finally:
        follower.close()
