"""What is said to other phones, on its way to the directory: in order to each of them, one at a time.

What is said while the directory is away, or while it does not see the other phone (both come back to it one after the
other), is said again until it arrives, if that is soon enough; of what a call says in the same word only the last is.
An offer that was lost is not: its user is told at once.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from catenet.nodes.application.directory.client import DirectoryClient, State
from catenet.nodes.application.directory.message import Answer, Signal
from catenet.nodes.machine import Count

__all__ = ["LATE", "Letter", "Letters", "Undelivered"]

LATE = 30.0
"""Seconds after which nobody waits any more for what was said."""
_AGAIN = 0.5
"""Seconds until it is said again."""
_MOST = 32
"""Letters that have not arrived; of one more nothing is said."""
_PASSING = frozenset({"lost", "offline", "busy", "full"})
"""Errors that are over soon: the directory's, and its client's."""
_WHY = {"offline": "offline", "unknown": "no-contact"}


class Letter(NamedTuple):
    """`until`: when nobody waits for it any more; `at`: when it is to be sent. Seconds."""

    to: str
    call: str
    word: str
    body: str
    until: float
    at: float


class Undelivered(NamedTuple):
    """What was said in a call has come to nobody. `why`: offline, no-contact, directory (it has not taken it)."""

    call: str
    word: str
    why: str


class Letters:
    """Those that have not arrived. Not arriving in time is counted, as `unsaid`."""

    def __init__(self, client: DirectoryClient, count: Count) -> None:
        self._client = client
        self._count = count
        self._queues: dict[str, deque[Letter]] = {}  # by whom they are for; none is empty
        self._under_way: dict[str, str] = {}  # the id of a request → for whom; it is the first of that queue

    def add(self, letter: Letter, now: float) -> None:
        if not self._replaces(letter):
            if sum(map(len, self._queues.values())) >= _MOST:
                self._count("unsaid")
                return
            self._queues.setdefault(letter.to, deque()).append(letter)
        self.wake(now)

    def _replaces(self, letter: Letter) -> bool:
        """Whether it stands now in the place of one that says the same of a call, and was still to be sent."""
        queue, sent = self._queues.get(letter.to, ()), letter.to in self._under_way.values()
        for place, each in enumerate(queue):
            if (each.call, each.word) == (letter.call, letter.word) and not (sent and place == 0):
                self._queues[letter.to][place] = letter._replace(at=each.at)
                return True
        return False

    def answered(self, answer: Answer, now: float) -> Undelivered | None:
        """The directory's answer, to one of them or to something else."""
        to = self._under_way.pop(answer.id, None)
        if to is None:
            return None
        queue = self._queues[to]
        letter = queue[0]
        if answer.ok is None and letter.word != "offer" and answer.error in _PASSING:
            queue[0] = letter._replace(at=now + _AGAIN)
            return None
        self._leave(to)
        self.wake(now)
        if answer.ok is not None:
            return None
        return Undelivered(letter.call, letter.word, _WHY.get(answer.error, "directory"))

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        if self._client.state is not State.HERE:
            return None
        waiting = self._queues.keys() - self._under_way.values()
        return min((self._queues[to][0].at for to in waiting), default=None)

    def wake(self, now: float) -> None:
        """Send what is due."""
        if self._client.state is not State.HERE:
            return
        for to in sorted(self._queues.keys() - self._under_way.values()):
            while to in self._queues and now >= self._queues[to][0].until:
                self._count("unsaid")
                self._leave(to)
            if to in self._queues and now >= self._queues[to][0].at:
                letter = self._queues[to][0]
                self._under_way[self._client.ask(Signal, to, letter.call, letter.body)] = to

    def _leave(self, to: str) -> None:
        self._queues[to].popleft()
        if not self._queues[to]:
            del self._queues[to]
