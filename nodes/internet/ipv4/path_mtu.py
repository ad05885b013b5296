"""How large a packet may be that reaches a destination uncut (RFC 1191): what routers have told, and when.

An estimate only shrinks by what it is told, and is forgotten after ten minutes, so that the path may have become better
(section 6.3). Whether somebody was told of a packet that it has sent is judged where ICMP errors are read.
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.header import MINIMUM
from catenet.nodes.machine import Json

__all__ = ["FLOOR", "LIFETIME", "MOST", "PathMtus"]

LIFETIME = 600.0
"""Seconds: "The recommended setting for this timer is twice the minimum value (10 minutes)"."""
FLOOR = 552
"""Octets. Who tells of less is believed that something is narrow, but packets are not cut finer: their DF is left out
from then on, and the narrow router cuts them. Otherwise one forged error would cost thousands of fragments. The number
is the Linux kernel's (min_pmtu)."""
MOST = 1024
"""Destinations at a time; over that the oldest is forgotten."""
_PLATEAUS = (32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68)
"""RFC 1191 section 7.1: what to try where a router does not tell its MTU."""


class _Told(NamedTuple):
    mtu: int
    until: float
    locked: bool  # DF is left out


class PathMtus:
    """Those of one node, by destination."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._told: dict[Address, _Told] = {}
        self.version = 0  # grows with each that is told

    def tell(self, destination: Address, mtu: int, link: int, now: float, sent: int = MINIMUM) -> bool:
        """A router says what its next hop's MTU is; 0: it does not say (RFC 1191 section 5), then `sent` is the length
        that it quotes of the packet that was too big. `link`: the MTU of this node's own way there. Returns whether it
        changes anything: an MTU is never raised by being told of."""
        known = self.estimate(destination, link, now)
        if mtu == 0:
            # "If the Total Length field returned is not less than the current PMTU estimate, it must be reduced by 4
            # times the value of the returned Header Length field": old routers count the header twice.
            too_big = sent if sent < known else sent - MINIMUM
            mtu = next((plateau for plateau in _PLATEAUS if plateau < too_big), _PLATEAUS[-1])
        if mtu >= known or mtu < _PLATEAUS[-1]:
            return False
        self._told.pop(destination, None)
        if len(self._told) >= self._most:
            del self._told[next(iter(self._told))]
        self._told[destination] = _Told(max(mtu, FLOOR), now + LIFETIME, mtu < FLOOR)
        self.version += 1
        return True

    def estimate(self, destination: Address, link: int, now: float) -> int:
        """Octets; that of the link where nobody has told of less."""
        told = self._get(destination, now)
        return link if told is None else min(link, told.mtu)

    def has(self, destination: Address, now: float) -> bool:
        """Whether anything is known of it."""
        return self._get(destination, now) is not None

    def is_locked(self, destination: Address, now: float) -> bool:
        """Whether packets to it go without DF."""
        told = self._get(destination, now)
        return told is not None and told.locked

    def flush(self) -> None:
        """Forget all."""
        self._told.clear()

    def show(self, now: float) -> list[dict[str, Json]]:
        """Octets and seconds."""
        return [
            {"destination": str(destination), "mtu": told.mtu, "ends_in": round(told.until - now, 3)}
            for destination, told in sorted(self._told.items())
            if now < told.until
        ]

    def _get(self, destination: Address, now: float) -> _Told | None:
        told = self._told.get(destination)
        if told is not None and now >= told.until:
            del self._told[destination]
            return None
        return told
