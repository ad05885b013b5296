"""Puts back what somebody else takes out of the kernel's table, or overwrites there; without fighting over it.

The kernel's messages only say that it is time to look: what counts is the table itself, so that many changes at once,
our own among them, cost one look. A prefix is mended at once, and then again after 1, 2, 4 … 60 s at the earliest; 30 s
of peace make it the first time again.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from catenet.nodes.address import Prefix

__all__ = ["Upkeep"]

_LONGEST = 60.0  # seconds between two attempts
_PEACE = 30.0  # seconds
_SOON = 1.0  # seconds until the next look where one was not possible


@dataclass(slots=True)
class _Trouble:
    """How often a prefix has been mended in a row, and when it may be next."""

    times: int = 0
    due: float = 0.0


class Upkeep:
    """Looks after the routes of one table."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        find: Callable[[], Mapping[Prefix, str]],
        mend: Callable[[Prefix, str, float], None],
    ) -> None:
        """`find` gives what is wrong with which prefix (OSError: it cannot be seen now). `mend` puts it right; it is
        also told in how many seconds it will be called again at the earliest.
        """
        self._loop = loop
        self._find = find
        self._mend = mend
        self._troubles: dict[Prefix, _Trouble] = {}
        self._timer: TimerHandle | None = None

    def look(self, delay: float = 0.0) -> None:
        """Look at the table as soon as what is under way is done, or so many seconds later."""
        due = self._loop.time() + delay
        if self._timer is None or due < self._timer.when():
            self.close()
            self._timer = self._loop.call_at(due, self._look)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now, again = self._loop.time(), inf
        self._troubles = {prefix: trouble for prefix, trouble in self._troubles.items() if now < trouble.due + _PEACE}
        try:
            faults = self._find()
        except OSError:  # the table changed all the while
            self.look(_SOON)
            return
        for prefix, what in faults.items():
            trouble = self._troubles.setdefault(prefix, _Trouble())
            if now >= trouble.due:
                pause = min(2.0**trouble.times, _LONGEST)
                trouble.times, trouble.due = trouble.times + 1, now + pause
                self._mend(prefix, what, pause)
            again = min(again, trouble.due - now)
        if again < inf:
            self.look(again)
