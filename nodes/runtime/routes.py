"""The routes that this node wants in the kernel's table, and their way back after a link was down.

The kernel forgets every route over an interface that goes down, the default route too. What is wanted stays here, and
goes back once the interface is up again. Each protocol has a metric of its own, since the kernel replaces by prefix and
metric, whatever the protocol: a route of metric 0 would overwrite the LAN's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import NamedTuple

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Json
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Netlink

__all__ = ["LAB", "ROUTED", "Routes"]

LAB = routing.STATIC
"""The protocol number of routes written in the lab file, the default route among them."""
ROUTED = routing.RIP
"""The protocol number of routes that a routing protocol finds."""

_METRIC = {LAB: 1, ROUTED: 120}
_DEFAULT = Prefix(ANY, 0)
_ENGINES_RESOLVER = Address.parse("127.0.0.11")
"""Where the engine answers DNS inside every container: for its own names, and by the host's resolver for all others."""


class _Way(NamedTuple):
    via: Address
    lan: str


class Routes:
    """The kernel's table, as far as this node writes it. A refused change is counted, never raised."""

    def __init__(self, netlink: Netlink, ifindex: Callable[[str], int], known: Callable[[Address], bool]) -> None:
        """`ifindex` gives a LAN's interface (0: it has none now), `known` whether an address is a node's of the lab."""
        self._netlink = netlink
        self._ifindex = ifindex
        self._known = known
        self._wanted: dict[tuple[int, Prefix], _Way] = {}
        self._guarding = False
        self._listeners: list[Callable[[routing.Route], None]] = []

    def set(self, protocol: int, prefix: Prefix, via: Address, lan: str) -> bool:
        """From now on the prefix goes to `via` over that LAN. False where the kernel will not have it now."""
        self._wanted[protocol, prefix] = _Way(via, lan)
        return self._install(protocol, prefix)

    def delete(self, protocol: int, prefix: Prefix) -> None:
        """The protocol has no route to the prefix any more."""
        if self._wanted.pop((protocol, prefix), None) is not None:
            self._netlink.delete_route(routing.Route(prefix, (), protocol, _METRIC[protocol]))

    def restore(self, lan: str) -> None:
        """The LAN's interface is up (again): its routes go back into the table."""
        for (protocol, prefix), way in self._wanted.items():
            if way.lan == lan:
                self._install(protocol, prefix)

    def keep_inside(self) -> None:
        """From now on no default route stays that leads to no node of the lab, and the engine's resolver is out of
        reach. Only for a network that is the node's own: on any other machine this would cut its connection.

        Raises:
            OSError: the kernel refuses.

        """
        self._guarding = True
        self._netlink.make_unreachable(_ENGINES_RESOLVER)
        self.remove_foreign_default()

    def remove_foreign_default(self, route: routing.Route | None = None) -> None:
        """Take default routes out that lead to no node of the lab (all of them, or this one): the engine sets one at
        each start and each reconnect, and nothing of the lab may leave by it."""
        if not self._guarding:
            return
        for found in self._netlink.routes() if route is None else [route]:
            if found.prefix == _DEFAULT and found.protocol == routing.BOOT and not self._leads_into_lab(found):
                self._netlink.delete_route(found)

    def changed(self, route: routing.Route, *, gone: bool) -> None:
        """The kernel says that a route came (or changed), or went."""
        if not gone:
            self.remove_foreign_default(route)
        for function in tuple(self._listeners):
            function(route)

    def listen(self, function: Callable[[routing.Route], None]) -> None:
        """Call a function with each route that came or went."""
        self._listeners.append(function)

    def unlisten(self, function: Callable[[routing.Route], None]) -> None:
        """Call it no more."""
        self._listeners.remove(function)

    def present(self) -> list[routing.Route]:
        """The kernel's table as it is; of several routes to a prefix, the one that the kernel takes is the first."""
        return sorted(self._netlink.routes(), key=lambda route: (route.prefix, route.metric))

    def flush(self, protocols: Collection[int]) -> None:
        """Take every route of these protocols out of the table. What cannot be taken out has gone by itself."""
        for route in self.present():
            if route.protocol in protocols:
                with suppress(OSError):
                    self._netlink.delete_route(route)

    def table(self, name_of: Callable[[Address], str], lan_of: Callable[[int], str]) -> list[Json]:
        """The kernel's table as it is, for people and checks."""
        return [
            {
                "prefix": str(route.prefix),
                "via": None if hop.via is None else str(hop.via),
                "node": None if hop.via is None else name_of(hop.via),
                "lan": lan_of(hop.ifindex),
                "protocol": routing.PROTOCOLS.get(route.protocol, str(route.protocol)),
                "metric": route.metric,
            }
            for route in self.present()
            for hop in route.hops
        ]

    def _leads_into_lab(self, route: routing.Route) -> bool:
        return all(hop.via is not None and self._known(hop.via) for hop in route.hops)

    def _install(self, protocol: int, prefix: Prefix) -> bool:
        way = self._wanted[protocol, prefix]
        ifindex = self._ifindex(way.lan)
        if not ifindex:
            return False
        hop = routing.NextHop(way.via, ifindex)
        try:
            self._netlink.replace_route(routing.Route(prefix, (hop,), protocol, _METRIC[protocol]))
        except OSError:  # the interface is down, or gone: `restore` comes when it is back
            return False
        return True
