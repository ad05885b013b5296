"""Connections that begin outside and are not let in: for six seconds nobody is told (RFC 5382 section 4.3).

"A NAT MUST NOT respond to an unsolicited inbound SYN packet for at least 6 seconds after the packet is received. If
during this interval the NAT receives and translates an outbound SYN for the connection the NAT MUST silently drop the
original unsolicited inbound SYN packet." (REQ-4): both ends may be about to open it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import Endpoint
from catenet.nodes.timers import Timers

__all__ = ["Syn", "UnsolicitedSyns"]

_WAIT = 6.0
_MOST = 256
"""So many are held; others are dropped without a word, as REQ-4a allows."""
_KEPT = 68
"""Octets: the longest IP header and eight more, which is what an ICMP error tells."""


class Syn(NamedTuple):
    """One that waits: its packet, who sent it, and the LAN that it came from."""

    packet: bytes
    peer: Address
    lan: str


class UnsolicitedSyns:
    """Those that wait, by their connection: the peer's endpoint and that to which it connects."""

    def __init__(self) -> None:
        self._held: dict[tuple[Endpoint, Endpoint], Syn] = {}
        self._timers: Timers[tuple[Endpoint, Endpoint]] = Timers()

    def hold(self, peer: Endpoint, outside: Endpoint, syn: Syn, now: float) -> None:
        """It came in and was dropped. One sent again changes nothing."""
        key = peer, outside
        if key not in self._held and len(self._held) < _MOST:
            self._held[key] = syn._replace(packet=syn.packet[:_KEPT])
            self._timers.set(key, now + _WAIT)

    def answered(self, peer: Endpoint, outside: Endpoint) -> None:
        """Inside opens the connection too."""
        if self._held.pop((peer, outside), None) is not None:
            self._timers.cancel((peer, outside))

    def due(self, now: float) -> Iterator[Syn]:
        """Those that have waited long enough."""
        return (self._held.pop(key) for key in self._timers.due(now))

    def next_due(self) -> float | None:
        """When the first one will have."""
        return self._timers.next()
