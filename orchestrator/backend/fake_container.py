"""A container of the engine in memory, and its log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from catenet.orchestrator.backend.protocols import Container, ContainerSpec, Listed, LogLine

__all__ = ["FakeContainer", "FakeLogs"]


@dataclass
class FakeContainer:
    """`state` is the truth; the engine's list says `stale_state` once more, after each change."""

    spec: ContainerSpec
    state: str = "created"
    stale_state: str = "created"
    code: int = 0
    lives: int = 0
    log: list[LogLine] = field(default_factory=list)

    def turn(self, state: str) -> None:
        self.stale_state, self.state = self.state, state

    def listed(self) -> Listed:
        state, self.stale_state = self.stale_state, self.state
        return Listed(self.spec.name, self.spec.labels, tuple(self.spec.endpoints), self.spec.image, state)

    def inspected(self, found: Listed) -> Container:
        return Container(
            self.spec.name,
            self.spec.labels,
            tuple(self.spec.endpoints),
            self.spec.image,
            found.listed_state,
            self.state,
            self.code,
        )


class FakeLogs(Iterator[LogLine]):
    """`changed` is notified of every change; `still_there` raises where the engine has gone."""

    def __init__(
        self,
        changed: threading.Condition,
        still_there: Callable[[str], None],
        container: FakeContainer,
        *,
        follow: bool,
        tail: int | None,
    ) -> None:
        self._changed = changed
        self._still_there = still_there
        self._container = container
        self._follow = follow
        self._next = 0 if tail is None else max(0, len(container.log) - tail)

    def __next__(self) -> LogLine:
        with self._changed:
            while self._next >= len(self._container.log):
                if not self._follow or self._container.state not in ("running", "paused"):
                    raise StopIteration
                self._still_there(f"read the logs of {self._container.spec.name}")
                self._changed.wait()
            self._next += 1
            return self._container.log[self._next - 1]

    def close(self) -> None:
        with self._changed:
            self._follow = False
            self._changed.notify_all()
