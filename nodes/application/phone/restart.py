"""A phone has another address: a line is begun anew for it (RFC 8445 section 9), and both are told so by the directory.

The path that there is may lead nowhere any more, and nothing that the peer says comes by it.

    who has another address                       the other
    the line without media: new credentials,
    candidates of the new address; restart   →    the same line: new credentials, candidates
    checks                                   ←    restarted; checks

Until a pair is nominated media goes by the line that there was, then at once by the new one, on both sides. The roles
stay as they were. A restart is said again every second until it is answered. Its number is one above all that its side
knows of; of two that cross each other the higher one stands, of equal ones that of the controlling side.
"""

from __future__ import annotations

from catenet.nodes.application.phone.description import Description
from catenet.nodes.application.phone.line import Line
from catenet.nodes.application.phone.paths import BETWEEN, Paths
from catenet.nodes.machine import Count

__all__ = ["Restarts"]

_AGAIN = 1.0
"""Seconds after which a restart that is not answered is said again."""


class Restarts:
    """Of one call. What is refused is counted: refused.restart, refused.restarted."""

    def __init__(self, paths: Paths, *, controlling: bool, count: Count) -> None:
        self._paths = paths
        self._controlling = controlling
        self._count = count
        self._latest = 0, False  # its number, and whether the controlling side has begun it: none before it counts
        self._again = 0.0
        self._said: list[tuple[Description, bool]] = []

    def begin(self, now: float) -> None:
        """The own address is another one."""
        self._latest = self._latest[0] + 1, self._controlling
        self._paths.renew(self._paths.other, self._latest[0], now)

    def offered(self, offer: Description, now: float) -> None:
        """The peer has another address."""
        line = self._paths.lines[offer.number]
        which = offer.round, not self._controlling
        if which == self._latest and line.restart == offer.round and line.told is not None:
            self._said.append((line.told, True))  # it has not come
            return
        if which <= self._latest or now - line.begun < BETWEEN / 2:
            self._count("refused.restart")
            return
        own = self._unanswered
        if own is not None:
            own.waits = False
        self._latest = which
        self._paths.step_aside(line, now)
        self._paths.renew(line, offer.round, now)
        line.offered(offer)
        self._paths.look(now)

    def answered(self, answer: Description, now: float) -> None:
        """The peer's side of what was begun here."""
        line = self._paths.lines[answer.number]
        if not line.waits or line.told is None or line.restart != answer.round:
            self._count("refused.restarted")
            return
        line.begin(answer.stream, now)
        self._paths.look(now)

    def take_said(self, now: float) -> list[tuple[Description, bool]]:
        """What the peer is to be told by the directory, and whether it is an answer."""
        for line in self._paths.lines:
            told = line.describe(now) if line.restart else None
            if told is not None:
                self._said.append(told)
                self._again = now + _AGAIN
                self._paths.look(now)
        said, self._said = self._said, []
        return said

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""
        line = self._unanswered
        return None if line is None or line.told is None else self._again

    def wake(self, now: float) -> None:
        """Say again what is not answered."""
        line = self._unanswered
        if line is not None and line.told is not None and now >= self._again:
            self._said.append((line.told, False))
            self._again = now + _AGAIN

    @property
    def _unanswered(self) -> Line | None:
        """The line that was begun anew here, while the peer's side of it is not known."""
        lines = self._paths.lines
        return next((each for each in lines if each.restart and each.waits and each.forming is not None), None)
