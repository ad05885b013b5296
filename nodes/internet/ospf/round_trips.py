"""What round trips say of a link's cost, and when that is believed: the least of eight, and only if it stays.

A cost that follows the delay has a feedback: traffic makes a link slow, so it is avoided, so it is fast again. That of
the ARPANET did, from 1979 to 1987 (A. Khanna, J. Zinky: The Revised ARPANET Routing Metric, SIGCOMM 1989). Two things
break it here: the least round trip of a window is that of a packet which waited behind few others, and a new cost has
to be far from the old one in three windows, one after the other, that have no round trip in common: those of windows
that overlap all have the same lucky one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "FIRST",
    "INTERVAL",
    "LASTING",
    "LEAST_COST",
    "MOST_COST",
    "PATIENCE",
    "WINDOW",
    "WINDOWS",
    "MeasuredCost",
    "RoundTrips",
    "Window",
    "cost_of",
    "median",
]

INTERVAL = 0.5
"""Seconds between two Echoes to a neighbour."""
PATIENCE = 3.0
"""Seconds for which an answer is waited for: three times what makes the highest cost."""
WINDOW = 8
"""Echoes of which the least round trip counts."""
WINDOWS = 3
"""Windows, one after the other, that have to say that it is cheaper, or all that it is dearer."""
LASTING = 12
"""Windows that have to say so where it differs by less than the least: else it would never be right again."""
FIRST = WINDOW * WINDOWS
"""So many Echoes are enough to believe a cost."""
LEAST_COST, MOST_COST = 1, 1000
_UNIT = 0.001
"""Seconds of a round trip that cost 1."""
_STEP, _SHARE = 2, 0.2
"""By how much a new cost differs at least: so much, and that part of the old one."""
_HOLD = 5.0
"""Seconds between two changes: MinLSInterval (RFC 2328 appendix B), in which an LSA can be said once."""
_ENOUGH = 3
"""Answers in a window without which it says nothing."""


class Window(NamedTuple):
    """What eight round trips come to, in seconds: the least, and how much more the one in the middle is: the jitter."""

    least: float
    spread: float


@dataclass(slots=True)
class RoundTrips:
    """The Echoes to a neighbour. `sequence`: the next one's; `asked`: how many there were. `open`: by its sequence
    number, when each was sent that is not over yet. `over`: the round trips, in seconds, of the last eight that are;
    None: there was no answer. `last`: the last answer's; `fresh`: how many are over since the last window."""

    sequence: int
    asked: int = 0
    open: dict[int, float] = field(default_factory=dict)
    over: deque[float | None] = field(default_factory=lambda: deque(maxlen=WINDOW))
    last: float | None = None
    fresh: int = 0

    def ask(self, now: float) -> int:
        """The sequence number of one more, which is sent now."""
        sequence, self.sequence = self.sequence, (self.sequence + 1) & 0xFFFF
        self.open[sequence] = now
        self.asked += 1
        return sequence

    def answered(self, sequence: int, now: float) -> bool:
        """An answer has come → whether it is one to an Echo that is open; then that is over."""
        sent = self.open.get(sequence)
        if sent is None or now >= sent + PATIENCE:
            return False
        del self.open[sequence]
        self.last = now - sent
        self._end(self.last)
        return True

    def give_up(self, now: float) -> int:
        """Those that were sent too long ago are over → how many."""
        late = [sequence for sequence, sent in self.open.items() if now >= sent + PATIENCE]
        for sequence in late:
            del self.open[sequence]
            self._end(None)
        return len(late)

    def _end(self, seconds: float | None) -> None:
        self.over.append(seconds)
        self.fresh += 1

    @property
    def answers(self) -> list[float]:
        """The round trips of the last eight that were answered, the least first."""
        return sorted(each for each in self.over if each is not None)

    @property
    def whole(self) -> bool:
        """Whether a window is over, of which none was in the last one."""
        return self.fresh >= WINDOW

    def window(self) -> Window | None:
        """What the last eight come to; the next window begins. None: too few were answered."""
        self.fresh, answers = 0, self.answers
        if len(answers) < _ENOUGH:
            return None
        return Window(answers[0], answers[len(answers) // 2] - answers[0])


@dataclass(slots=True)
class MeasuredCost:
    """The cost of an interface that is measured. `changed`: when it was changed last; None: never. `proposed`: the
    round trips, in seconds, by which the last windows in a row say otherwise: all longer, or all shorter. `lasting`:
    the same, with those that differ by little."""

    cost: int = LEAST_COST
    changed: float | None = None
    proposed: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOWS))
    lasting: deque[float] = field(default_factory=lambda: deque(maxlen=LASTING))

    def weigh(self, window: Window, now: float) -> float | None:
        """Another window is over → the round trip by which the cost is another one from now on; None: it stays. Of what
        three have proposed it is the nearest; of what differs by little, twelve have to. What is no further away than
        the window's own round trips are from each other is no proposal."""
        cost = cost_of(window.least)
        far = abs(cost - self.cost)
        if cost == self.cost or far < window.spread / _UNIT:
            self.forget()
            return None
        self._propose(self.lasting, window)
        if far < max(_STEP, _SHARE * self.cost):
            self.proposed.clear()
            return self._nearest(self.lasting, now) if len(self.lasting) == LASTING else None
        self._propose(self.proposed, window)
        return self._nearest(self.proposed, now) if len(self.proposed) == WINDOWS else None

    def _propose(self, proposed: deque[float], window: Window) -> None:
        if proposed and (cost_of(window.least) > self.cost) != (cost_of(proposed[-1]) > self.cost):
            proposed.clear()
        proposed.append(window.least)

    def _nearest(self, proposed: deque[float], now: float) -> float | None:
        return self.become(min(proposed, key=lambda each: abs(cost_of(each) - self.cost)), now)

    def forget(self) -> None:
        """Nobody has proposed anything."""
        self.proposed.clear()
        self.lasting.clear()

    def become(self, seconds: float, now: float) -> float | None:
        """It is that of this round trip from now on, unless it has changed just now → the same; None: it stays."""
        cost = cost_of(seconds)
        if cost == self.cost or (self.changed is not None and now < self.changed + _HOLD):
            return None
        self.forget()
        self.cost, self.changed = cost, now
        return seconds


def cost_of(seconds: float) -> int:
    """1, and 1 for each whole millisecond of the round trip (to the microsecond: clocks have no more)."""
    return min(max(LEAST_COST + round(seconds * 1e6) // round(_UNIT * 1e6), LEAST_COST), MOST_COST)


def median(windows: Sequence[Window]) -> Window | None:
    """Of several neighbours' windows the one in the middle, of two the lesser; None where there is none.

    OSPF has one cost for all of a network. A single neighbour that answers late, as it is busy, far, or hostile, is
    not to drive the traffic to all others away (the greatest would); nor is one that answers soon to draw it in (the
    least would).
    """
    return sorted(windows)[(len(windows) - 1) // 2] if windows else None
