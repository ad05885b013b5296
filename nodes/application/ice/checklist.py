"""The checklist of a data stream: which pairs there are, and which is checked next (RFC 8445 section 6.1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from catenet.nodes.application.ice.candidate import Candidate, Kind
from catenet.nodes.application.ice.pair import Pair, State
from catenet.nodes.machine import Endpoint

__all__ = ["MOST_PAIRS", "Checklist"]

MOST_PAIRS = 100
"""RFC 8445 section 6.1.2.5: peers choose how many candidates they have."""


class Checklist:
    """The pairs by the way of their checks, and the queue of those that are checked before all others."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[Endpoint, Endpoint], Pair] = {}
        self._triggered: deque[Pair] = deque()
        self.ended = False

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._pairs.values())

    def __len__(self) -> int:
        return len(self._pairs)

    def form(self, local: Iterable[Candidate], remote: Iterable[Candidate], *, controlling: bool) -> None:
        """Each with each, pruned, the best ones, beside those that are there (sections 6.1.2.2 to 6.1.2.6)."""
        sent_from = [each for each in local if each.kind in (Kind.HOST, Kind.RELAYED)]
        formed = [Pair(mine, other) for mine in sent_from for other in remote]
        for pair in sorted(formed, key=lambda pair: pair.priority(controlling=controlling), reverse=True):
            if len(self._pairs) < MOST_PAIRS:
                self._pairs.setdefault(pair.way, pair)
        begun: set[tuple[str, str]] = set()
        for pair in self.by_priority(controlling=controlling):
            if pair.state is State.FROZEN and pair.foundation not in begun:
                pair.state = State.WAITING
            begun.add(pair.foundation)

    def add(self, pair: Pair) -> bool:
        """A pair that a request of the peer's has made → whether there was room (section 7.3.1.4)."""
        if len(self._pairs) >= MOST_PAIRS:
            return False
        self._pairs[pair.way] = pair
        return True

    def find(self, base: Endpoint, remote: Endpoint) -> Pair | None:
        """The pair whose checks go so."""
        return self._pairs.get((base, remote))

    def by_priority(self, *, controlling: bool) -> list[Pair]:
        """The best first."""
        return sorted(self, key=lambda pair: pair.priority(controlling=controlling), reverse=True)

    def trigger(self, pair: Pair) -> None:
        """It is checked before all others (section 7.3.1.4)."""
        pair.state = State.WAITING
        if pair not in self._triggered:
            self._triggered.append(pair)

    def next(self, *, controlling: bool) -> Pair | None:
        """The pair to be checked now (section 6.1.4.2); None: there is none."""
        while self._triggered:
            pair = self._triggered.popleft()
            if pair.state is State.WAITING:
                return pair
        ordered = self.by_priority(controlling=controlling)
        if not any(pair.state is State.WAITING for pair in ordered):
            self._thaw(ordered)
        return next((pair for pair in ordered if pair.state is State.WAITING), None)

    @property
    def has_work(self) -> bool:
        """Whether `next` would give one."""
        return any(pair.state in (State.WAITING, State.FROZEN) for pair in self)

    def _thaw(self, ordered: list[Pair]) -> None:
        under_way = {pair.foundation for pair in ordered if pair.state in (State.WAITING, State.IN_PROGRESS)}
        for pair in ordered:
            if pair.state is State.FROZEN and pair.foundation not in under_way:
                pair.state = State.WAITING
                under_way.add(pair.foundation)

    def succeeded(self, pair: Pair) -> None:
        """Pairs of its foundation may be checked, too (section 7.2.5.3.3)."""
        pair.state = State.SUCCEEDED
        for other in self:
            if other.state is State.FROZEN and other.foundation == pair.foundation:
                other.state = State.WAITING

    def count(self, *states: State) -> int:
        """How many pairs are in one of these states."""
        return sum(pair.state in states for pair in self)

    def end(self) -> None:
        """A pair is nominated: no other one is checked any more (section 8.1.2)."""
        self.ended = True
        self._triggered.clear()
        for pair in tuple(self):
            if pair.state is not State.SUCCEEDED:
                del self._pairs[pair.way]
