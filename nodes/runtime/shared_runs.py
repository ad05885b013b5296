"""What several services of a node need, each for as long as it runs: begun by the first of them, ended by the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

__all__ = ["SharedRun", "SharedRuns"]


class SharedRun(Protocol):
    """One life of something that is shared."""

    async def start(self) -> None:
        """Returns once it can be used. What it raises, all get who wait for that."""

    def is_over(self) -> bool:
        """Whether it has failed: then those who use it leave, and who comes after waits until the last has left."""

    async def end(self) -> None:
        """Called once, when the last has left."""


Shared = TypeVar("Shared", bound=SharedRun)


class _Life:
    def __init__(self, run: SharedRun) -> None:
        self.run = run
        self.users = 0
        self.ending = False
        self.ended = asyncio.Event()
        self.starting = asyncio.ensure_future(run.start())

    def is_over(self) -> bool:
        has_not_started = self.starting.done() and (self.starting.cancelled() or self.starting.exception() is not None)
        return self.ending or has_not_started or self.run.is_over()


class SharedRuns:
    """All of a node, by their names."""

    def __init__(self) -> None:
        self._lives: dict[str, _Life] = {}

    @asynccontextmanager
    async def use(self, name: str, make: Callable[[], Shared]) -> AsyncIterator[Shared]:
        """That of the name, once it can be used; where there is none, or it is over, it is made anew.

        Raises:
            Exception: whatever its `start` raises.

        """
        while (life := self._lives.get(name)) is not None and life.is_over():
            await life.ended.wait()
        if life is None:
            life = self._lives[name] = _Life(make())
        life.users += 1
        try:
            await asyncio.shield(life.starting)
            yield life.run  # type: ignore[misc]  # of one name all are of one type
        finally:
            life.users -= 1
            if not life.users:
                await self._end(name, life)

    async def _end(self, name: str, life: _Life) -> None:
        life.ending = True
        life.starting.cancel()
        await asyncio.wait([life.starting])
        try:
            await life.run.end()
        finally:
            del self._lives[name]
            life.ended.set()
