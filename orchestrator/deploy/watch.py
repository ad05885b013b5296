"""Listens to the nodes while they start: one thread reads each log, from the moment that its node was started."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from catenet.nodes.control.events import Event
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError, LogLine
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.deploy.ready import NotReadyError, Readiness
from catenet.orchestrator.observe.events import Completer, LogEntry

__all__ = ["Watch"]

_SAID = 5
"""How many of the things that are lacking at the deadline are said."""

_KILLED = 137  # 128 and SIGKILL, which no node sends itself
_MEMORY = "`catenet doctor` judges the memory of its machine, and `dmesg` there says whom the kernel killed"


class Watch:
    """Feeds a `Readiness` from the engine's logs."""

    def __init__(self, engine: Engine, readiness: Readiness, progress: Progress) -> None:
        self._engine = engine
        self._readiness = readiness
        self._progress = progress
        self._changed = threading.Condition()
        self._error: Exception | None = None
        self._closed = False
        self._streams: list[Iterator[LogLine]] = []
        self._threads: list[threading.Thread] = []

    def follow(self, container: str, node: str, after: float = 0.0) -> None:
        """Listen to a node that runs. Lines that the engine got at `after` or before are an earlier life's."""
        lines = self._engine.logs(container, follow=True)
        thread = threading.Thread(target=self._read, args=(lines, container, node, after), daemon=True)
        with self._changed:
            self._streams.append(lines)
            self._threads.append(thread)
        thread.start()

    def check(self) -> None:
        """Raises what has gone wrong so far.

        Raises:
            NotReadyError: a node has failed.
            EngineError: a log cannot be read.

        """
        if self._error is not None:
            raise self._error

    def wait(self, deadline: float) -> None:
        """Until the lab is ready.

        Raises:
            NotReadyError: a node has failed, or at the deadline (on the monotonic clock) something is lacking.
            EngineError: a log cannot be read.

        """
        with self._changed:
            while not self._readiness.is_ready():
                self.check()
                left = deadline - time.monotonic()
                if left <= 0:
                    lacking = self._readiness.lacking()
                    more = [f"and {len(lacking) - _SAID} more of the kind"] if len(lacking) > _SAID else []
                    said = "\n  ".join([*(each.words for each in lacking[:_SAID]), *more])
                    raise NotReadyError(f"the lab is not ready in time:\n  {said}", lacking[0].node)
                self._changed.wait(left)
            self.check()

    def close(self) -> None:
        self._closed = True
        for stream in self._streams:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
        for thread in self._threads:
            thread.join()

    def _read(self, lines: Iterator[LogLine], container: str, node: str, after: float) -> None:
        completer = Completer(self._engine)
        try:
            for logged in lines:
                line = LogEntry.of(node, logged)
                if logged.at > after and line.event is not None:
                    (line,) = completer.complete([line], self._containers(container))
                    assert line.event is not None
                    self._take(node, line.event)
            self._ended(container, node)
        except (NotReadyError, EngineError) as error:
            self._fail(error)

    def _containers(self, name: str) -> Iterator[Container]:
        """The one of that name, as it is now; the engine is asked once somebody looks."""
        yield from self._engine.inspected(each for each in self._engine.listed({}) if each.name == name)

    def _take(self, node: str, event: Event) -> None:
        with self._changed:
            self._readiness.note(node, event)
            counts = self._readiness.counts()
            self._changed.notify_all()
        for phase, (done, total) in counts.items():
            self._progress.count(phase, done, total)

    def _ended(self, container: str, node: str) -> None:
        """A log ends with its container, unless it was we who stopped listening."""
        if self._closed:
            return
        state = self._engine.inspect(container).get("State")
        code = state.get("ExitCode") if isinstance(state, dict) else None
        if code == _KILLED:
            raise EngineError(f"node {node} was killed (exit code {code}), for want of memory most likely", _MEMORY)
        raise NotReadyError(f"node {node} ended by itself, with exit code {code}", node)

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if not self._closed and self._error is None:
                self._error = error
            self._changed.notify_all()
