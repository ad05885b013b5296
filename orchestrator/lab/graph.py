"""Who is next to whom: the shortest ways from every router to every LAN, and what they cost.

The oracle of the checks: what the routing protocol should find. A cost counts the links between routers, so a router's
own LAN costs 0 (RIP's metric is one more: RFC 2453 section 3.4 counts the destination's network too).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from catenet.orchestrator.lab.model import Lab

__all__ = ["NextHop", "Way", "ways"]

NextHop = tuple[str, str]
"""(LAN, router): over which LAN, to which router on it."""


@dataclass(frozen=True, slots=True)
class Way:
    """All shortest ways from a router to a LAN: the cost in links, and the first steps (none: it is its own LAN)."""

    cost: int
    next_hops: frozenset[NextHop]

    @property
    def via(self) -> frozenset[str]:
        """The LANs by which a shortest way leaves."""
        return frozenset(lan for lan, _ in self.next_hops)


def ways(lab: Lab, cut: Collection[str] = (), dead: Collection[str] = ()) -> dict[str, dict[str, Way]]:
    """Router → LAN → its ways, without the LANs that are cut and the routers that are dead.

    A LAN that a router cannot reach is absent from its row. Hosts have no row: they only know their gateway.
    """
    routers = [node for node in lab.nodes.values() if node.forward and node.name not in dead]
    own = {node.name: [place.lan for place in node.attachments if place.lan not in cut] for node in routers}
    members: dict[str, list[str]] = {lan: [] for lan in lab.lans if lan not in cut}
    for name, lans in own.items():
        for lan in lans:
            members[lan].append(name)
    rows: dict[str, dict[str, Way]] = {name: {} for name in own}
    for lan in members:
        costs = _costs(lan, members, own)
        for name, cost in costs.items():
            rows[name][lan] = Way(cost, _next_hops(name, cost, costs, members, own))
    return rows


def _costs(target: str, members: Mapping[str, list[str]], own: Mapping[str, list[str]]) -> dict[str, int]:
    """Router → its distance to that LAN, breadth first."""
    costs: dict[str, int] = {}
    lans, seen, cost = [target], {target}, 0
    while lans:
        reached = dict.fromkeys(name for lan in lans for name in members[lan] if name not in costs)
        costs.update(dict.fromkeys(reached, cost))
        lans = list(dict.fromkeys(lan for name in reached for lan in own[name] if lan not in seen))
        seen.update(lans)
        cost += 1
    return costs


def _next_hops(
    name: str, cost: int, costs: Mapping[str, int], members: Mapping[str, list[str]], own: Mapping[str, list[str]]
) -> frozenset[NextHop]:
    """The neighbours that are one link nearer."""
    nearer = ((lan, other) for lan in own[name] for other in members[lan] if costs.get(other) == cost - 1)
    return frozenset(nearer)
