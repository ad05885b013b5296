"""Which routes RIP should find in a lab, with the options that its routers have: costs, passive networks, keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from catenet.nodes.control.topology import ExpectedRoute, Router, shortest
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.keys.keyring import Proofs

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
        for router, row in shortest(routers, _Rules(routers)).items()
    }


class _Rules:
    """The options of `rip`, as topology.Rules wants them."""

    def __init__(self, routers: Sequence[Router]) -> None:
        self._proofs: dict[str, Proofs] = {router.name: router.options.proofs() for router in routers}
        self._speakers: dict[str, list[str]] = defaultdict(list)
        for router in routers:
            for lan in router.lans:
                if self.speaks(router, lan):
                    self._speakers[lan].append(router.name)

    def cost(self, router: Router, lan: str) -> int:
        return int(router.options.cost.get(lan, 1))

    def announced(self, router: Router, lan: str) -> int | None:
        hidden = lan in router.options.passive and "connected" not in router.options.redistribute
        return None if hidden else self.cost(router, lan)

    def speaks(self, router: Router, lan: str) -> bool:
        return lan not in router.options.passive

    def accepts(self, router: Router, other: Router, lan: str) -> bool:
        """On a LAN the other one signs with its own key, and with those of its keys that any router signs with which it
        hears there ("until all of the neighbors are using the new security association", RFC 4822 section 5.1).
        """
        own, its = self._proofs[router.name], self._proofs[other.name]
        used = set(its.signs)
        if other.ours and lan not in other.ingress_dropped:
            used |= {proof for name in self._speakers[lan] for proof in self._proofs[name].signs} & its.takes
        return not used.isdisjoint(own.takes)
