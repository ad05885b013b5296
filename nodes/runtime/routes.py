"""The routes that this node wants in the kernel's table, and their way back after a link was down.

The kernel forgets every route over an interface that goes down, the default route too. What is wanted stays here, and
goes back once the interface is up again. Each protocol has a metric of its own, since the kernel replaces by prefix and
metric, whatever the protocol: a route of metric 0 would overwrite the LAN's own.

A routing protocol's routes are its own business: what somebody else deletes or overwrites comes back (see upkeep), and
what the kernel refuses is tried again. The lab's static routes stay as the user leaves them.
"""

from __future__ import annotations

import errno
from asyncio import AbstractEventLoop
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import NamedTuple

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.machine import Json
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.upkeep import Upkeep

__all__ = ["LAB", "ROUTED", "Mended", "Routes", "Way"]

LAB = routing.STATIC
"""The protocol number of routes written in the lab file, the default route among them."""
ROUTED = routing.RIP
"""The protocol number of routes that a routing protocol finds."""

_METRIC = {LAB: 1, ROUTED: 120}
_PATIENCE = 1.0  # seconds until what the kernel refused is tried again
_ENGINES_RESOLVER = Address.parse("127.0.0.11")
"""Where the engine answers DNS inside every container: for its own names, and by the host's resolver for all others."""


_DELETED, _REPLACED = "deleted from the kernel", "replaced in the kernel"


class Way(NamedTuple):
    """Where a prefix is to go."""

    via: Address
    lan: str


class Mended(NamedTuple):
    """A route that was put back: what had become of it, and the seconds until it would be put back again."""

    prefix: Prefix
    way: Way
    what: str
    pause: float


class Routes:
    """The kernel's table, as far as this node writes it. A refused change is counted, never raised."""

    def __init__(
        self,
        netlink: Netlink,
        ifindex: Callable[[str], int],
        known: Callable[[Address], bool],
        loop: AbstractEventLoop,
    ) -> None:
        """`ifindex` gives a LAN's interface (0: it has none now), `known` whether an address is a node's of the lab."""
        self._netlink = netlink
        self._ifindex = ifindex
        self._known = known
        self._wanted: dict[tuple[int, Prefix], Way] = {}
        self._refused: dict[tuple[int, Prefix], str] = {}
        self._missing: dict[Prefix, str] = {}
        self._guarding = False
        self._listeners: list[Callable[[routing.Route], None]] = []
        self._mend_listeners: list[Callable[[Mended], None]] = []
        self._upkeep = Upkeep(loop, self._faults, self._mend)

    def close(self) -> None:
        """Look after nothing any more."""
        self._upkeep.close()

    def set(self, protocol: int, prefix: Prefix, via: Address, lan: str) -> bool:
        """From now on the prefix goes to `via` over that LAN. False where the kernel will not have it now (`refused`
        says why); it is tried again."""
        self._wanted[protocol, prefix] = Way(via, lan)
        return self._install(protocol, prefix)

    def delete(self, protocol: int, prefix: Prefix) -> None:
        """The protocol has no route to the prefix any more."""
        self._there(protocol, prefix)
        if self._wanted.pop((protocol, prefix), None) is not None:
            self._netlink.delete_route(routing.Route(prefix, (), protocol, _METRIC[protocol]))

    def refused(self) -> dict[Prefix, str]:
        """Which routes of routing protocols are not in the kernel's table, and why: in the kernel's words, or since
        somebody has taken them out again and again."""
        return self._missing | {prefix: why for (protocol, prefix), why in self._refused.items() if protocol == ROUTED}

    def overruled(self) -> dict[Prefix, str]:
        """To which prefixes of routing protocols the kernel takes somebody else's route, and which one."""
        best: dict[Prefix, routing.Route] = {}
        for route in self.present():
            best.setdefault(route.prefix, route)
        return {
            prefix: f"{routing.PROTOCOLS.get(route.protocol, route.protocol)}, metric {route.metric}"
            for prefix, route in best.items()
            if (ROUTED, prefix) in self._wanted and route.metric < _METRIC[ROUTED]
        }

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
            if found.prefix == DEFAULT and found.protocol == routing.BOOT and not self._leads_into_lab(found):
                self._netlink.delete_route(found)

    def changed(self, route: routing.Route, *, gone: bool) -> None:
        """The kernel says that a route came (or changed), or went."""
        if not gone:
            self.remove_foreign_default(route)
        way = self._wanted.get((ROUTED, route.prefix))
        if way is not None and route.metric == _METRIC[ROUTED] and (gone or route != self._route(route.prefix, way)):
            self._upkeep.look()
        for function in tuple(self._listeners):
            function(route)

    def listen(self, function: Callable[[routing.Route], None]) -> None:
        """Call a function with each route that came or went."""
        self._listeners.append(function)

    def unlisten(self, function: Callable[[routing.Route], None]) -> None:
        """Call it no more."""
        self._listeners.remove(function)

    def on_mended(self, function: Callable[[Mended], None]) -> None:
        """Call a function with each route that was put back after somebody else had deleted or replaced it."""
        self._mend_listeners.append(function)

    def not_on_mended(self, function: Callable[[Mended], None]) -> None:
        """Call it no more."""
        self._mend_listeners.remove(function)

    def look(self) -> None:
        """Routes may have gone without a message: see whether those of routing protocols are there."""
        if any(protocol == ROUTED for protocol, _ in self._wanted):
            self._upkeep.look()

    def present(self) -> list[routing.Route]:
        """The kernel's table as it is; of several routes to a prefix, the one that the kernel takes is the first."""
        return sorted(self._netlink.routes(), key=lambda route: (route.prefix, route.metric))

    def flush(self, protocols: Collection[int]) -> None:
        """Take every route of these protocols out of the table. What cannot be taken out has gone by itself."""
        for route in self.present():
            if route.protocol in protocols:
                with suppress(OSError):
                    self._netlink.delete_route(route)

    def leading_to(self, prefix: Prefix) -> list[routing.Route]:
        """Those of them that hold the whole prefix, the one that the kernel takes first."""
        held = [route for route in self.present() if route.prefix.covers(prefix)]
        return sorted(held, key=lambda route: -route.prefix.length)

    @staticmethod
    def table(
        routes: Iterable[routing.Route], name_of: Callable[[Address], str], lan_of: Callable[[int], str]
    ) -> list[Json]:
        """Routes of the kernel's table, for people and checks."""
        return [
            {
                "prefix": str(route.prefix),
                "via": None if hop.via is None else str(hop.via),
                "node": None if hop.via is None else name_of(hop.via),
                "lan": lan_of(hop.ifindex),
                "protocol": routing.PROTOCOLS.get(route.protocol, str(route.protocol)),
                "metric": route.metric,
            }
            for route in routes
            for hop in route.hops
        ]

    def _leads_into_lab(self, route: routing.Route) -> bool:
        return all(hop.via is not None and self._known(hop.via) for hop in route.hops)

    def _install(self, protocol: int, prefix: Prefix) -> bool:
        way = self._wanted[protocol, prefix]
        try:
            if not self._ifindex(way.lan):
                raise OSError(errno.ENODEV, f"{way.lan} has no interface now")
            self._netlink.replace_route(self._route(prefix, way, protocol))
        except OSError as error:  # the interface is down, or gone: `restore` comes when it is back
            self._refused[protocol, prefix] = error.strerror or str(error)
            if protocol == ROUTED:
                self._upkeep.look(_PATIENCE)
            return False
        self._there(protocol, prefix)
        return True

    def _there(self, protocol: int, prefix: Prefix) -> None:
        self._refused.pop((protocol, prefix), None)
        if protocol == ROUTED:
            self._missing.pop(prefix, None)

    def _route(self, prefix: Prefix, way: Way, protocol: int = ROUTED) -> routing.Route:
        hop = routing.NextHop(way.via, self._ifindex(way.lan))
        return routing.Route(prefix, (hop,), protocol, _METRIC[protocol])

    def _faults(self) -> dict[Prefix, str]:
        """Which routes of routing protocols are not in the kernel's table as they should be, and what became of them.

        Of several with the same prefix and metric the kernel takes the first.
        """
        found: dict[Prefix, routing.Route] = {}
        for route in self._netlink.routes():
            if route.metric == _METRIC[ROUTED]:
                found.setdefault(route.prefix, route)
        self._missing = {
            prefix: self._refused.get((protocol, prefix)) or (_REPLACED if prefix in found else _DELETED)
            for (protocol, prefix), way in self._wanted.items()
            if protocol == ROUTED and found.get(prefix) != self._route(prefix, way)
        }
        return dict(self._missing)

    def _mend(self, prefix: Prefix, what: str, pause: float) -> None:
        was_refused = (ROUTED, prefix) in self._refused
        if self._install(ROUTED, prefix) and not was_refused:
            for function in tuple(self._mend_listeners):
                function(Mended(prefix, self._wanted[ROUTED, prefix], what, pause))
