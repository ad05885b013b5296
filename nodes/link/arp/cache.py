"""The translation table of a node: who is known on each interface, who is asked for, and what waits for it; bounded.

Who was heard without being needed makes room first, so that no flood of requests puts out whom this node speaks with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from catenet.nodes.address import Address
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.states import State

__all__ = ["Cache", "Key", "Neighbour"]

Key = tuple[str, Address]
"""A neighbour: an address may be on several LANs, and is another host on each."""


@dataclass(slots=True, eq=False)
class Neighbour:
    """An address on an interface, and what is known of it."""

    key: Key
    state: State = State.NOBODY
    hardware: bytes = b""
    since: float = -inf  # when it was last heard; before, when it was first asked for
    asked: int = 0  # requests or polls since it was last heard
    packets: deque[bytes] = field(default_factory=deque)


class _Lan:
    """The neighbours on an interface, of each kind the one that was heard longest ago first."""

    __slots__ = ("unresolved", "unused", "used")

    def __init__(self) -> None:
        self.unresolved: dict[Key, Neighbour] = {}
        self.unused: dict[Key, Neighbour] = {}
        self.used: dict[Key, Neighbour] = {}

    def of(self, state: State) -> dict[Key, Neighbour]:
        if state == State.INCOMPLETE:
            return self.unresolved
        return self.unused if state == State.STALE else self.used


class Cache:
    """Neighbours by interface and address."""

    def __init__(self, options: ArpOptions) -> None:
        self._options = options
        self._neighbours: dict[Key, Neighbour] = {}
        self._lans: dict[str, _Lan] = {}
        self._queues: dict[Key, Neighbour] = {}  # those for which packets wait, the oldest first
        self.waiting = 0  # octets of these packets
        self.known: dict[Key, bytes] = {}
        self.version = 0  # grows when `known` changes

    def get(self, key: Key) -> Neighbour | None:
        return self._neighbours.get(key)

    def __iter__(self) -> Iterator[Neighbour]:
        return iter(tuple(self._neighbours.values()))

    def __len__(self) -> int:
        return len(self._neighbours)

    def of(self, interface: str) -> list[Neighbour]:
        """Those on one interface."""
        return [neighbour for neighbour in self if neighbour.key[0] == interface]

    def enter(self, neighbour: Neighbour, state: State) -> Neighbour | None:
        """It is in that state from now on, and the one of it that was heard last → who had to make room."""
        lan = self._lans.setdefault(neighbour.key[0], _Lan())
        leaves = self._who_leaves(lan, neighbour.state, state)
        if leaves is not None:
            self.remove(leaves)
        lan.of(neighbour.state).pop(neighbour.key, None)
        neighbour.state = state
        lan.of(state)[neighbour.key] = self._neighbours[neighbour.key] = neighbour
        if neighbour.hardware and self.known.get(neighbour.key) != neighbour.hardware:
            self.known[neighbour.key] = neighbour.hardware
            self.version += 1
        return leaves

    def has_room(self, interface: str, state: State) -> bool:
        """Whether a new one may come into that state. Who is asked for never puts out another one: its next request
        would come sooner than a second after the last (RFC 1122 section 2.3.2.1)."""
        lan = self._lans.get(interface)
        if lan is None:
            return True
        if state == State.INCOMPLETE:
            return len(lan.unresolved) < self._options.unresolved
        return bool(lan.unused) or len(lan.used) < self._options.neighbours

    def remove(self, neighbour: Neighbour) -> None:
        """Forget it, and what waits for it."""
        key = neighbour.key
        self.take_packets(neighbour)
        del self._neighbours[key], self._lans[key[0]].of(neighbour.state)[key]
        neighbour.state = State.NOBODY
        if self.known.pop(key, None) is not None:
            self.version += 1

    def wait(self, neighbour: Neighbour, packet: bytes) -> int:
        """A packet waits for it → how many had to be dropped for that, the oldest."""
        dropped = 0
        if len(neighbour.packets) >= self._options.packets:
            self._drop(neighbour)
            dropped += 1
        while self._queues and self.waiting + len(packet) > self._options.waiting:
            self._drop(next(iter(self._queues.values())))
            dropped += 1
        neighbour.packets.append(packet)
        self.waiting += len(packet)
        self._queues.setdefault(neighbour.key, neighbour)
        return dropped

    def take_packets(self, neighbour: Neighbour) -> list[bytes]:
        """What waits for it, the oldest first; none waits any more."""
        packets = list(neighbour.packets)
        neighbour.packets.clear()
        self.waiting -= sum(map(len, packets))
        self._queues.pop(neighbour.key, None)
        return packets

    def _drop(self, neighbour: Neighbour) -> None:
        self.waiting -= len(neighbour.packets.popleft())
        if not neighbour.packets:
            del self._queues[neighbour.key]

    def _who_leaves(self, lan: _Lan, was: State, state: State) -> Neighbour | None:
        known = (State.STALE, State.REACHABLE, State.PROBE)
        if state not in known or was in known or len(lan.unused) + len(lan.used) < self._options.neighbours:
            return None
        return next(iter((lan.unused or lan.used).values()))
