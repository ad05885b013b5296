"""Which routes RIP should find in a lab, with the options that its routers have: costs, passive networks, keys."""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.control.topology import ExpectedRoute, Router, shortest
from catenet.nodes.internet.rip.packet import INFINITY

__all__ = ["expected"]


def expected(routers: Sequence[Router]) -> dict[str, dict[str, ExpectedRoute]]:
    """Router → LAN that is not its own → the routes that it should learn, at costs in links between routers.

    RIP's metric is one more, since "the destination's network" counts too (RFC 2453 section 3.4); it ends before
    infinity (section 3.6).
    """
    return {
        router: {
            lan: ExpectedRoute(metric - 1, hops) for lan, (metric, hops) in row.items() if hops and metric < INFINITY
        }
        for router, row in shortest(routers, _Rules()).items()
    }


class _Rules:
    """The options of `rip`, as topology.Rules wants them."""

    def cost(self, router: Router, lan: str) -> int:
        return int(router.options.cost.get(lan, 1))

    def announced(self, router: Router, lan: str) -> int | None:
        hidden = lan in router.options.passive and "connected" not in router.options.redistribute
        return None if hidden else self.cost(router, lan)

    def speaks(self, router: Router, lan: str) -> bool:
        return lan not in router.options.passive

    def believes(self, router: Router, other: Router, lan: str) -> bool:
        heard = other.ours and self.speaks(router, lan)  # nobody learns the key of a router that is silent
        return bool(router.options.believes(other.options, adapts=heard))
