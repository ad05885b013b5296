"""What is said on which network (RFC 2453 sections 3.4.3 and 3.10.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catenet.nodes.address import mask
from catenet.nodes.internet.rip.config import SplitHorizon
from catenet.nodes.internet.rip.packet import INET, INFINITY, MAX_ENTRIES, pack_entry, response
from catenet.nodes.internet.rip.table import Route

__all__ = ["entries", "responses"]


def entries(
    routes: Iterable[Route], interface: str, split_horizon: SplitHorizon, *, poison: bool = False
) -> list[bytes]:
    """The routes as they are announced on one interface, each an entry of 20 bytes; when `leaving`, all unreachable.

    "If A's best route is really through C, no other router on that network needs to know" (3.4.3): so the rule goes by
    network, and one message serves all neighbours on it. "Routes must be included in the datagram even if their
    metrics are infinite." (3.10.2). The next hop is left 0: "via the originator of the RIP advertisement" (4.4). But
    for a static route whose next hop is on this very network, and perhaps speaks no RIP, it says who that is, "to
    eliminate packets being routed through extra hops" (4.4); there split horizon would hide what only we can tell.
    """
    packed = []
    for route in routes:
        metric, next_hop = route.metric, 0
        if route.interface == interface:
            if route.static:
                next_hop = route.via
            elif split_horizon == "on":
                continue
            elif split_horizon == "poisoned":
                metric = INFINITY
        network, length = route.prefix
        packed.append(pack_entry(INET, route.tag, network, mask(length), next_hop, INFINITY if poison else metric))
    return packed


def responses(packed: Sequence[bytes], most: int = MAX_ENTRIES) -> list[bytes]:
    """As many messages as the entries need, with at most so many in each.

    "Recall that there is a limit of 25 RTEs to a Response; if there are more, send the current Response and start a
    new one." (3.10.2)
    """
    return [response(packed[start : start + most]) for start in range(0, len(packed), most)]
