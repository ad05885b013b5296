"""The way out of the lab, which a node is not to have.

The engine sets a default route to its machine at each start and each reconnect, and answers DNS inside every container.
"""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import DEFAULT, Address
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Netlink

__all__ = ["Egress"]

_ENGINES_RESOLVER = Address.parse("127.0.0.11")
"""Where the engine answers DNS inside every container: for its own names, and by the host's resolver for all others."""


class Egress:
    """Open, until it is blocked."""

    def __init__(self, netlink: Netlink, known: Callable[[Address], bool]) -> None:
        """`known` says whether an address is a node's of the lab."""
        self._netlink = netlink
        self._known = known
        self._blocked = False

    def block(self) -> None:
        """From now on no default route stays that leads to no node of the lab, and the engine's resolver is out of
        reach. Only for a network that is the node's own: on any other machine this would cut its connection.

        Raises:
            OSError: the kernel refuses.

        """
        self._blocked = True
        self._netlink.make_unreachable(_ENGINES_RESOLVER)
        self.check_routes()

    def check_routes(self) -> None:
        """Routes may have come without a message."""
        if self._blocked:
            for route in self._netlink.routes():
                self.route_added(route)

    def route_added(self, route: routing.Route) -> None:
        """A route is in the kernel's table: it is taken out where it leads out of the lab."""
        if self._blocked and route.prefix == DEFAULT and route.protocol == routing.BOOT and self._leads_out(route):
            self._netlink.delete_route(route)

    def _leads_out(self, route: routing.Route) -> bool:
        return any(hop.via is None or not self._known(hop.via) for hop in route.hops)
