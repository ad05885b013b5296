"""How the servers of others have behaved, so that the quick ones are asked first (RFC 1035 section 7.2)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import Json

__all__ = ["MEMORY", "Servers"]

MEMORY = 300.0
"""Seconds after which a server's record is forgotten, so that a dead one is tried again."""

_LIMIT = 1000
_GAIN = 1 / 8
"""Weight of a new round-trip time in the smoothed one (RFC 6298 section 2)."""

_LEAST = 0.4
"""Seconds to wait at least: a near server may be busy."""

_MOST = 4
"""Times the first timeout to wait at most."""


@dataclass(slots=True)
class _Server:
    rtt: float  # seconds, smoothed; after a timeout, how long was waited in vain
    until: float
    edns: bool = True


class Servers:
    """A bounded table by address."""

    def __init__(self, timeout: float, pick: Callable[[int], int]) -> None:
        """`timeout`: seconds to wait for a server that is not known yet; `pick(n)`: a random number below n."""
        self._timeout = timeout
        self._pick = pick
        self._known: OrderedDict[Address, _Server] = OrderedDict()

    def best(self, addresses: Iterable[Address], now: float) -> Address | None:
        """The quickest; one that is not known yet goes first, and equals are drawn by lot."""
        ranked: list[Address] = []
        least = float("inf")
        for address in addresses:
            server = self._get(address, now)
            rtt = 0.0 if server is None else server.rtt
            if rtt < least:
                ranked, least = [], rtt
            if rtt == least:
                ranked.append(address)
        return ranked[self._pick(len(ranked))] if ranked else None

    def timeout(self, address: Address, now: float) -> float:
        """Seconds to wait for this server: twice its smoothed round-trip time, within bounds."""
        server = self._get(address, now)
        if server is None:
            return self._timeout
        return min(max(2 * server.rtt, _LEAST), _MOST * self._timeout)

    def answered(self, address: Address, rtt: float, now: float) -> None:
        """It took `rtt` seconds."""
        server = self._get(address, now)
        if server is None:
            self._put(address, _Server(rtt, now + MEMORY))
        else:
            server.rtt = rtt if server.rtt > self._timeout else server.rtt + _GAIN * (rtt - server.rtt)
            server.until = now + MEMORY

    def timed_out(self, address: Address, waited: float, now: float) -> None:
        """It did not answer within `waited` seconds; next time it gets twice that, and comes after the others."""
        server = self._get(address, now)
        if server is None:
            self._put(address, _Server(waited, now + MEMORY))
        else:
            server.rtt = max(server.rtt, waited)

    def speaks_edns(self, address: Address, now: float) -> bool:
        """Whether it is asked with EDNS: until it has shown that it cannot (RFC 6891 section 6.2.2)."""
        server = self._get(address, now)
        return server is None or server.edns

    def without_edns(self, address: Address, now: float) -> None:
        """It answered FORMERR to a question with EDNS."""
        self.answered(address, self._timeout, now)
        self._known[address].edns = False

    def clear(self) -> None:
        self._known.clear()

    def show(self, name_of: Callable[[Address], str]) -> Json:
        """A row a server: address, node, rtt (smoothed, in milliseconds), edns (whether it is asked with that)."""
        return [
            {"address": str(address), "node": name_of(address), "rtt": round(server.rtt * 1000, 1), "edns": server.edns}
            for address, server in self._known.items()
        ]

    def _get(self, address: Address, now: float) -> _Server | None:
        server = self._known.get(address)
        if server is not None and server.until <= now:
            del self._known[address]
            return None
        return server

    def _put(self, address: Address, server: _Server) -> None:
        self._known[address] = server
        if len(self._known) > _LIMIT:
            self._known.popitem(last=False)
