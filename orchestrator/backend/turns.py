"""Whose turn it is on a network: who leaves one has it alone.

Docker counts a network's endpoints, and two of its threads that change that number at once may undo one another's
change (20.10, libnetwork's endpoint_cnt.go): then the engine refuses to remove the network, "has active endpoints",
though nothing is on it, until it is started anew. Only the creations of endpoints exclude one another there. So a
container that gives endpoints back (`remove`, `kill`) is alone at it on each of its networks, and those that get some
(`start`) are side by side. The engine is no slower for it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """Of one engine, for the threads of this process. `networks_of`: those that a container of that name is on."""

    def __init__(self, networks_of: Callable[[str], Collection[str]]) -> None:
        self._networks_of = networks_of
        self._changed = threading.Condition()
        self._joined: Counter[str] = Counter()
        self._left: set[str] = set()

    @contextmanager
    def joining(self, container: str) -> Iterator[None]:
        """For the time of the block nobody leaves its networks."""
        networks = frozenset(self._networks_of(container))
        with self._changed:
            self._changed.wait_for(lambda: not networks & self._left)
            self._joined.update(networks)
        try:
            yield
        finally:
            with self._changed:
                self._joined -= Counter(networks)  # what is 0 is kept no longer
                self._changed.notify_all()

    @contextmanager
    def leaving(self, container: str) -> Iterator[None]:
        """For the time of the block nobody else joins or leaves its networks: all are taken at once, or none."""
        networks = frozenset(self._networks_of(container))
        with self._changed:
            self._changed.wait_for(lambda: not networks & (self._left | self._joined.keys()))
            self._left |= networks
        try:
            yield
        finally:
            with self._changed:
                self._left -= networks
                self._changed.notify_all()
