"""When each packet goes on, if it does: no sockets, no clock, and no object for a packet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from catenet.nodes.control.impairment import NORMAL, QUEUE, Impairment

__all__ = ["NEVER", "Chance", "Channel"]

NEVER = -1.0
"""In the place of a time: it does not go on, there is no copy, no bit is another."""


class Chance(Protocol):
    """Where what is random comes from; `random.Random` is one."""

    def random(self) -> float:
        """At least 0, less than 1."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between the two."""

    def gauss(self, mu: float, sigma: float, /) -> float:
        """A number, normal about mu."""


class Channel:
    """What becomes of the packets of one sender, or of all. `chances` gives a stream for each kind, by its name.

    Of the last packet: `copy`: when its copy goes on; `flaw`: at which share of its bits one is another. Counted since
    it was made: `packets`, of these `lost`, `overflowed` (no room in the queue), `copied`, `flawed`, `overtook`.
    """

    __slots__ = (
        "_ahead",
        "_bad",
        "_chances",
        "_copies",
        "_flaws",
        "_free",
        "_jitters",
        "_losses",
        "_room",
        "_starts",
        "_to_bad",
        "_to_good",
        "_wire",
        "asked",
        "copied",
        "copy",
        "flaw",
        "flawed",
        "lost",
        "overflowed",
        "overtook",
        "packets",
    )

    def __init__(self, asked: Impairment, chances: Callable[[str], Chance]) -> None:
        self.asked = asked
        self.packets = self.lost = self.overflowed = self.copied = self.flawed = self.overtook = 0
        self.copy = self.flaw = NEVER
        kinds = ("loss", "duplicate", "corrupt", "reorder", "jitter", "copy")
        self._losses, self._copies, self._flaws, self._ahead, self._jitters, self._chances = map(chances, kinds)
        self._bad = False
        self._to_good = 1.0 / asked.burst if asked.burst else 1.0
        # in the long run the share of the bad state is to_bad / (to_bad + to_good)
        self._to_bad = asked.loss * self._to_good / (1.0 - asked.loss) if asked.burst else asked.loss
        self._wire = 8.0 / asked.rate if asked.rate else 0.0  # seconds that an octet takes
        self._free = 0.0  # when the wire has nothing to send any more
        self._room = asked.queue or QUEUE
        self._starts: deque[float] = deque()  # when each of those that wait for the wire gets it

    @property
    def keeps_order(self) -> bool:
        """Whether no packet goes on before one that came earlier."""
        return not (self.asked.jitter or self.asked.reorder)

    @property
    def changes(self) -> bool:
        """Whether a frame may have a copy, or be another."""
        return bool(self.asked.duplicate or self.asked.corrupt)

    def take(self, octets: int, now: float) -> float:
        """A frame of so many octets has come → when it goes on, not before `now`; NEVER: it is lost."""
        asked = self.asked
        self.packets += 1
        self.copy = self.flaw = NEVER
        nth = asked.drop_every and not self.packets % asked.drop_every
        if (asked.loss and self._loses()) or nth:
            self.lost += 1
            return NEVER
        if asked.corrupt and self._flaws.random() < asked.corrupt:
            self.flaw = self._flaws.random()
        twice = asked.duplicate and self._copies.random() < asked.duplicate
        due = self._due(octets, now, self._travel())
        if due == NEVER:
            self.overflowed += 1
            return NEVER
        self.flawed += self.flaw != NEVER
        if twice:
            self.copy = self._due(octets, now, self._late(self._chances))
            self.copied += self.copy != NEVER
        return due

    def _loses(self) -> bool:
        """One draw for each packet, in bursts or not."""
        drawn = self._losses.random()
        if not self.asked.burst:
            return drawn < self.asked.loss
        self._bad = drawn >= self._to_good if self._bad else drawn < self._to_bad
        return self._bad

    def _travel(self) -> float:
        """Seconds for which it is under way."""
        asked = self.asked
        if not (asked.jitter or asked.reorder):
            return asked.delay
        late = self._late(self._jitters)
        if asked.reorder and self._ahead.random() < asked.reorder:
            self.overtook += 1
            return 0.0
        return late

    def _late(self, chances: Chance) -> float:
        asked = self.asked
        if not asked.jitter:
            return asked.delay
        if asked.distribution == NORMAL:
            return max(0.0, chances.gauss(asked.delay, asked.jitter))
        return chances.uniform(asked.delay - asked.jitter, asked.delay + asked.jitter)

    def _due(self, octets: int, now: float, travel: float) -> float:
        """It waits for the wire, takes its time there, and travels; NEVER: there is no room to wait."""
        if not self._wire:
            return now + travel
        starts, free = self._starts, self._free
        while starts and starts[0] <= now:
            starts.popleft()
        if free <= now:
            free = now
        elif len(starts) >= self._room:
            return NEVER
        else:
            starts.append(free)
        self._free = free = free + octets * self._wire
        return free + travel
