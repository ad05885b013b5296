"""A table of the kernel's into which a service's program puts routes. No packet goes by it: what is there is read, and
wanted in the main table like the routes of our own daemons (see routes).

A program has one of its own, of its source's number. Programs that several services share have one together
(implementations/daemon: Group); there a route is the service's that its mark in the kernel, rtm_protocol, says.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from catenet.nodes.address import Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.netlink.routing import KernelNextHop, Route
from catenet.nodes.runtime.routes import STATIC

__all__ = ["ProgramTable"]


class ProgramTable:
    """What of a table is one service's."""

    def __init__(self, netlink: Netlink, ifindex: Callable[[str], int], source: Source, number: int) -> None:
        """`ifindex` gives a LAN's interface. `number`: of the table; the source's where it is the service's alone. What
        an earlier run of the service has left there goes.
        """
        self._netlink = netlink
        self._ifindex = ifindex
        self._source = source
        self.number = number
        self.clear()

    def routes(self) -> list[Route]:
        """What the service's program has put there, the best of a prefix first."""
        there = [route for route in self._netlink.routes(self.number) if self.holds(route)]
        return sorted((route for route in there if route.protocol != STATIC.number), key=_place)

    def holds(self, route: Route) -> bool:
        """Whether it is there, and the service's."""
        shared = self.number != self._source.number
        return route.table == self.number and not (shared and route.protocol != self._source.number)

    def write(self, prefix: Prefix, next_hop: NextHop, metric: int = STATIC.distance) -> None:
        """Put a static route there, for the program to find; it goes with its interface, and stays out while that is
        down.
        """
        hop = KernelNextHop(next_hop.via, self._ifindex(next_hop.interface))
        with suppress(OSError):
            self._netlink.replace_route(Route(prefix, (hop,), STATIC.number, metric, table=self.number))

    def take_back(self, prefix: Prefix, metric: int) -> None:
        """The program is to find that route no more."""
        with suppress(OSError):
            self._netlink.delete_route(Route(prefix, (), STATIC.number, metric, table=self.number))

    def clear(self) -> None:
        """All that is the service's goes. Static routes stay in a table that others share."""
        with suppress(OSError):  # the table changed all the while: the next run clears it
            for route in filter(self.holds, self._netlink.routes(self.number)):
                with suppress(OSError):
                    self._netlink.delete_route(route)


def _place(route: Route) -> tuple[Prefix, int]:
    return route.prefix, route.metric
