"""Puts back what somebody else takes out of the kernel's table, or overwrites there; without fighting over it.

The kernel's messages only say that it is time to look: what counts is the table itself, so that many changes at once,
our own among them, cost one look. A route is put back at once, and then again after 1, 2, 4 … 60 s at the earliest;
30 s of peace make it the first time again.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

__all__ = ["RouteReconciler"]

Key = TypeVar("Key", bound=Hashable)

_LONGEST = 60.0  # seconds between two attempts
_PEACE = 30.0  # seconds
_SOON = 1.0  # seconds until the next look where one was not possible


@dataclass(slots=True)
class _Backoff:
    """How often a route has been put back in a row, and when it may be next."""

    times: int = 0
    due: float = 0.0


class RouteReconciler(Generic[Key]):
    """Looks after the routes of one table, each known by its key."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        find: Callable[[], Mapping[Key, str]],
        restore: Callable[[Key, str, float], None],
    ) -> None:
        """`find` gives what is wrong with which route (OSError: it cannot be seen now). `restore` puts it right; it is
        also told in how many seconds it will be called again at the earliest.
        """
        self._loop = loop
        self._find = find
        self._restore = restore
        self._backoffs: dict[Key, _Backoff] = {}
        self._timer: TimerHandle | None = None

    def check_soon(self, delay: float = 0.0) -> None:
        """Look at the table as soon as what is under way is done, or so many seconds later."""
        due = self._loop.time() + delay
        if self._timer is None or due < self._timer.when():
            self.close()
            self._timer = self._loop.call_at(due, self._check)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        self._timer = None
        now, again = self._loop.time(), inf
        self._backoffs = {key: each for key, each in self._backoffs.items() if now < each.due + _PEACE}
        try:
            faults = self._find()
        except OSError:  # the table changed all the while
            self.check_soon(_SOON)
            return
        for key, what in faults.items():
            backoff = self._backoffs.setdefault(key, _Backoff())
            if now >= backoff.due:
                pause = min(2.0**backoff.times, _LONGEST)
                backoff.times, backoff.due = backoff.times + 1, now + pause
                self._restore(key, what, pause)
            again = min(again, backoff.due - now)
        if again < inf:
            self.check_soon(again)
