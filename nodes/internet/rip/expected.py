"""Which routes RIP should find in a lab, with the options that its routers have: costs, passive networks, keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from catenet.nodes.control.topology import ExpectedRoute, Hop, Router, shortest
from catenet.nodes.internet.rip.config import MAX_TAG
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.table import NETWORK_COST
from catenet.nodes.keys.keyring import Proofs

__all__ = ["expected"]


def expected(routers: Sequence[Router]) -> dict[str, dict[str, ExpectedRoute]]:
    """Router → LAN that is not its own → the routes that it should learn, at costs in links between routers.

    RIP's metric is one more, since "the destination's network" counts too (RFC 2453 section 3.4); it ends before
    infinity (section 3.6). Where a router announces another source's route, its own is not awaited.
    """
    found = shortest(routers, _Rules(routers), NETWORK_COST)
    tags = _Tags(routers, found)
    return {
        each.name: {
            lan: ExpectedRoute(metric - 1, hops, tag := tags.of(each.name, lan), tag in each.options.last_resort)
            for lan, (metric, hops) in found[each.name].items()
            if hops and metric < INFINITY
        }
        for each in routers
    }


class _Tags:
    """Which mark a route carries: that of where it comes from; of several as short the least."""

    def __init__(
        self, routers: Sequence[Router], found: Mapping[str, Mapping[str, tuple[int, frozenset[Hop]]]]
    ) -> None:
        self._routers = {router.name: router for router in routers}
        self._found = found
        self._known: dict[tuple[str, str], int] = {}

    def of(self, router: str, lan: str) -> int:
        """Metrics grow along a way, so that none comes back to where it began."""
        if not any(each.imports for each in self._routers.values()):
            return 0
        key = router, lan
        if key not in self._known:
            hops = self._found[router].get(lan, (0, frozenset()))[1]
            self._known[key] = min((self.of(other, lan) for _, other in hops), default=self._own(router, lan))
        return self._known[key]

    def _own(self, router: str, lan: str) -> int:
        each = self._routers[router]
        taken = each.imports.get(lan)
        tag = 0 if taken is None else each.options.tag or taken.tag
        return tag if tag <= MAX_TAG else 0


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
