"""Fragments are put together again where they are for this node; no router does it for others (RFC 1812 section
5.2.6).

A datagram's fragments are those of one source, destination, protocol and identification (RFC 791 section 3.2). They
come in any order, by any interface, and more than once:

    octets that are all there already      ignored: LANs duplicate
    octets of which some are there         the datagram is dropped, whoever is right about them (teardrop)
    an end that does not fit another's     the datagram is dropped
    more than a packet has (65,535)        the datagram is dropped (ping of death)
    no whole units but at the end          the fragment is dropped
    not all of them in time                the datagram is dropped, and its sender told, if the first one is there

The timer is fixed: "the reassembly timeout […] SHOULD be a fixed value, not set from the remaining TTL" (RFC 1122
section 3.3.2). It says 60 to 120 seconds; this one is 30, the Linux kernel's, since what is under way in a lab is there
within seconds, and identifications come again the sooner the faster a sender is (RFC 6864 section 4.3).

What is kept is bounded in octets, each fragment counting more than its own, and in datagrams; over that the oldest
datagram goes: a flood of fragments then costs those that take long, and not all that begin after it.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.header import LONGEST, MINIMUM, Header
from catenet.nodes.machine import Count, Json

__all__ = ["LIFETIME", "MOST_DATAGRAMS", "MOST_OCTETS", "Reassembler"]

LIFETIME = 30.0
"""Seconds from a datagram's first fragment on, whichever came first."""
MOST_OCTETS = 4 << 20
"""Of all that wait, with OVERHEAD for each fragment and each datagram."""
MOST_DATAGRAMS = 1024
OVERHEAD = 256
"""Octets that a fragment of a single unit takes beside them, rounded up."""
_UNIT = 8
_CE = _ECN = 3
"""Congestion experienced, and the bits in which it stands (RFC 3168 section 5)."""

_Key = tuple[Address, Address, int, int]  # source, destination, protocol, identification


class Expired(NamedTuple):
    """A datagram that was not whole in time: its first fragment, as it came, and where."""

    packet: bytes
    interface: str


class _Datagram:
    """What of one has come. `parts`: where → octets; `runs`: the [begin, end] of octets without a gap, in order."""

    __slots__ = ("cost", "end", "first", "interface", "marks", "parts", "runs", "since", "tells")

    def __init__(self, now: float) -> None:
        self.since = now
        self.parts: dict[int, bytes] = {}
        self.runs: list[list[int]] = []
        self.end = -1  # octets of the whole, once the last fragment is there
        self.first: bytes = b""  # the whole first fragment
        self.interface = ""
        self.tells = True
        self.marks: set[int] = set()  # ECN of all
        self.cost = OVERHEAD

    def covers(self, begin: int, end: int) -> bool | None:
        """Whether these octets are there: True, all; False, none; None, some."""
        at = bisect_right(self.runs, [begin, LONGEST + 1]) - 1
        if at >= 0 and self.runs[at][1] > begin:
            return True if self.runs[at][1] >= end else None
        return None if at + 1 < len(self.runs) and self.runs[at + 1][0] < end else False

    def add(self, begin: int, data: bytes) -> None:
        end = begin + len(data)
        self.parts[begin] = data
        self.cost += len(data) + OVERHEAD
        runs = self.runs
        at = bisect_right(runs, [begin, LONGEST + 1])
        runs.insert(at, [begin, end])
        if at + 1 < len(runs) and runs[at + 1][0] == end:
            runs[at][1] = runs.pop(at + 1)[1]
        if at and runs[at - 1][1] == begin:
            runs[at - 1][1] = runs.pop(at)[1]

    @property
    def highest(self) -> int:
        return self.runs[-1][1] if self.runs else 0

    @property
    def is_whole(self) -> bool:
        return self.end >= 0 and len(self.runs) == 1 and self.runs[0] == [0, self.end]


class Reassembler:
    """All datagrams of a node of which some fragments have come."""

    def __init__(self, count: Count, most_octets: int = MOST_OCTETS, most_datagrams: int = MOST_DATAGRAMS) -> None:
        self._count = count
        self._most_octets = most_octets
        self._most_datagrams = most_datagrams
        self._waiting: dict[_Key, _Datagram] = {}  # the oldest first, since the lifetime is fixed
        self._expired: list[Expired] = []
        self.octets = 0
        """Of all that wait, with the overhead."""

    def receive(
        self, header: Header, packet: bytes, interface: str, now: float, *, to_group: bool = False
    ) -> bytes | None:
        """A fragment, and its header → the datagram as one packet, if it is whole by it. `to_group`: it came in a frame
        for several, so nobody is told that it was not whole in time (RFC 1122 section 3.2.2)."""
        self.wake(now)
        self._count("fragments.received")
        begin = header.offset
        data = packet[header.length : header.total_length]
        if not data or (header.mf and len(data) % _UNIT):
            self._count("dropped.fragment_length")
            return None
        key = header.source, header.destination, header.protocol, header.identification
        datagram = self._waiting.get(key)
        if datagram is None:
            datagram = self._waiting[key] = _Datagram(now)
            self.octets += datagram.cost
        why = _misfit(datagram, header, begin + len(data))
        there = False if why else datagram.covers(begin, begin + len(data))
        if why or there is None:
            self._drop(key, why or "dropped.fragment_overlap")
            return None
        if there:
            self._count("fragments.duplicate")
            return None
        was = datagram.cost
        _take(datagram, header, data, packet, interface, tells=not to_group)
        self.octets += datagram.cost - was
        if datagram.is_whole:
            return self._whole(key, datagram)
        self._bound(key)
        return None

    def wake(self, now: float) -> None:
        """Drop what is not whole in time."""
        while self._waiting:
            key, datagram = next(iter(self._waiting.items()))
            if now < datagram.since + LIFETIME:
                return
            self._drop(key, "dropped.fragment_timeout")
            if datagram.first and datagram.tells:
                self._expired.append(Expired(datagram.first, datagram.interface))

    def next_wake(self) -> float | None:
        """When the oldest datagram's time is over."""
        return next((datagram.since + LIFETIME for datagram in self._waiting.values()), None)

    def take_expired(self) -> list[Expired]:
        """Those whose first fragment had come, since the last call."""
        taken, self._expired = self._expired, []
        return taken

    def flush(self) -> None:
        """Forget all that waits."""
        self._waiting.clear()
        self.octets = 0

    def show(self, now: float) -> list[dict[str, Json]]:
        """The datagrams that are not whole; seconds."""
        return [
            {
                "source": str(source),
                "destination": str(destination),
                "protocol": protocol,
                "identification": number,
                "fragments": len(datagram.parts),
                "octets": sum(end - begin for begin, end in datagram.runs),
                "of": datagram.end if datagram.end >= 0 else None,
                "ends_in": round(datagram.since + LIFETIME - now, 3),
            }
            for (source, destination, protocol, number), datagram in self._waiting.items()
        ]

    def _whole(self, key: _Key, datagram: _Datagram) -> bytes | None:
        header = Header.parse(datagram.first)
        if header.length + datagram.end > LONGEST:
            self._drop(key, "dropped.fragment_oversize")
            return None
        if _CE in datagram.marks:
            # "it MUST set the CE codepoint" or drop it, if another fragment says that its sender knows of none (RFC
            # 3168 section 5.3).
            if 0 in datagram.marks:
                self._drop(key, "dropped.fragment_ecn")
                return None
            header = header._replace(tos=header.tos | _CE)
        self._forget(key)
        self._count("fragments.reassembled")
        data = b"".join(datagram.parts[at] for at in sorted(datagram.parts))
        return header._replace(mf=False).packet(data)

    def _bound(self, key: _Key) -> None:
        """The oldest go, the one that grows last of all."""
        while self.octets > self._most_octets or len(self._waiting) > self._most_datagrams:
            oldest = next(iter(self._waiting))
            self._drop(oldest, "dropped.fragment_bound")
            if oldest == key:
                return

    def _drop(self, key: _Key, counter: str) -> None:
        self._count(counter)
        self._forget(key)

    def _forget(self, key: _Key) -> None:
        self.octets -= self._waiting.pop(key).cost


def _misfit(datagram: _Datagram, header: Header, end: int) -> str:
    """Why a fragment that ends there belongs to no datagram with the others: the counter; empty: it may."""
    if MINIMUM + end > LONGEST:
        return "dropped.fragment_oversize"
    if datagram.end >= 0:
        misfits = end > datagram.end or (not header.mf and end != datagram.end)
    else:
        misfits = not header.mf and end < datagram.highest
    # A fragment that ends where the last one does, and is not the last, has one behind it that has nothing.
    return "dropped.fragment_end" if misfits else ""


def _take(datagram: _Datagram, header: Header, data: bytes, packet: bytes, interface: str, *, tells: bool) -> None:
    datagram.add(header.offset, data)
    datagram.marks.add(header.tos & _ECN)
    if not header.mf:
        datagram.end = header.offset + len(data)
    if header.offset == 0:
        datagram.first, datagram.interface, datagram.tells = packet[: header.total_length], interface, tells
        datagram.cost += len(data)
