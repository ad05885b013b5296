"""The table by which a node's packets go: `RouteTable` is what `Routes` wants of it. The kernel's is behind `Netlink`;
here is the node's own, in memory, for one whose packets our own stack carries.

`OwnTable` keeps the kernel's rules, so that what stands on it need not know which of them it has: routes of different
metrics to one prefix stand side by side, and the lowest carries; none leads over an interface that is down, or to a
gateway that is not on the interface's own network; and an interface that goes down takes its routes along. The network
of each interface that is up is in it, as the kernel's own.

It outlives the stack, which may be started again: a new listener is told everything.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from catenet.nodes.address import ANY, Prefix
from catenet.nodes.machine import Interface, NextHop
from catenet.nodes.runtime.netlink.routing import KERNEL, TABLE_MAIN, KernelNextHop, Route

__all__ = ["OnChange", "OwnTable", "RouteTable"]

OnChange = Callable[[Prefix, tuple[NextHop, ...]], None]
"""What is told of a prefix and the next hops by which it is reached now, (): by none. `ANY`: it is the LAN's own."""


class RouteTable(Protocol):
    """What has routes. OSError where it refuses one, with the kernel's numbers and words."""

    whose: str
    """For people: "the kernel"."""

    def routes(self, table: int = TABLE_MAIN, /) -> list[Route]:
        """Every unicast route of that table."""

    def replace_route(self, route: Route, /) -> None:
        """Set a route; it replaces one of the same prefix and metric, whatever its protocol."""

    def delete_route(self, route: Route, /) -> None:
        """Take a route of that prefix, metric and protocol away; that there is none is no error."""


class OwnTable:
    """The node's own."""

    whose = "the node's own stack"

    def __init__(self) -> None:
        self._routes: dict[Prefix, dict[int, Route]] = {}  # by metric
        self._up: dict[int, Interface] = {}  # by number
        self._listeners: list[OnChange] = []
        self._best: dict[Prefix, tuple[NextHop, ...]] = {}  # as the listeners have it

    def routes(self, table: int = TABLE_MAIN) -> list[Route]:
        """As `RouteTable`; it is the only table."""
        return [each for found in self._routes.values() for each in found.values()] if table == TABLE_MAIN else []

    def replace_route(self, route: Route) -> None:
        """As `RouteTable`.

        Raises:
            OSError: a next hop's interface is down (ENETDOWN), it is not on that interface's network (ENETUNREACH), it
                is the node itself or there is none (EINVAL); or it is for another table (EOPNOTSUPP).

        """
        if route.table != TABLE_MAIN:
            raise _refused(errno.EOPNOTSUPP)
        if not route.hops:
            raise _refused(errno.EINVAL)
        for hop in route.hops:
            self._check(hop)
        self._routes.setdefault(route.prefix, {})[route.metric] = route
        self._tell(route.prefix)

    def delete_route(self, route: Route) -> None:
        """As `RouteTable`."""
        there = self._routes.get(route.prefix, {}).get(route.metric)
        if there is not None and there.protocol == route.protocol:
            self._set(route.prefix, route.metric, None)
            self._tell(route.prefix)

    def set_interface(self, interface: Interface, ifindex: int) -> None:
        """The LAN's interface is so now; 0: it has none."""
        for number, each in tuple(self._up.items()):
            as_before = number == ifindex and interface.up and each.prefix == interface.prefix
            if each.name == interface.name and not as_before:
                del self._up[number]
                self._forget(number)
        if interface.up and ifindex:
            if ifindex not in self._up:
                own = Route(interface.prefix, (KernelNextHop(None, ifindex),), KERNEL)
                self._routes.setdefault(own.prefix, {})[own.metric] = own
            self._up[ifindex] = interface
            self._tell(interface.prefix)

    @contextmanager
    def telling(self, function: OnChange) -> Iterator[None]:
        """Meanwhile a function is called with each prefix that is reached otherwise than before; with all that there
        are, at once."""
        self._listeners.append(function)
        try:
            for prefix, next_hops in tuple(self._best.items()):
                function(prefix, next_hops)
            yield
        finally:
            self._listeners.remove(function)

    def _check(self, hop: KernelNextHop) -> None:
        interface = self._up.get(hop.ifindex)
        if interface is None:
            raise _refused(errno.ENETDOWN)
        if hop.via is not None and not interface.prefix.holds(hop.via):
            raise _refused(errno.ENETUNREACH)
        if hop.via in [each.address for each in self._up.values()]:
            raise _refused(errno.EINVAL)

    def _forget(self, ifindex: int) -> None:
        """What led over it is gone; of several next hops the others stay."""
        for prefix, found in tuple(self._routes.items()):
            for metric, route in tuple(found.items()):
                left = tuple(hop for hop in route.hops if hop.ifindex != ifindex)
                if left != route.hops:
                    self._set(prefix, metric, route._replace(hops=left) if left else None)
            self._tell(prefix)

    def _set(self, prefix: Prefix, metric: int, route: Route | None) -> None:
        found = self._routes[prefix]
        if route is not None:
            found[metric] = route
            return
        del found[metric]
        if not found:
            del self._routes[prefix]

    def _tell(self, prefix: Prefix) -> None:
        found = self._routes.get(prefix)
        next_hops = () if found is None else tuple(map(self._next_hop, found[min(found)].hops))
        if next_hops == self._best.get(prefix, ()):
            return
        if next_hops:
            self._best[prefix] = next_hops
        else:
            del self._best[prefix]
        for function in tuple(self._listeners):
            function(prefix, next_hops)

    def _next_hop(self, hop: KernelNextHop) -> NextHop:
        return NextHop(hop.via or ANY, self._up[hop.ifindex].name)


def _refused(number: int) -> OSError:
    return OSError(number, os.strerror(number))
