"""Who is next to whom: the shortest ways from every router to every LAN, and what they cost.

The oracle of the checks: what the routing protocol should find. A cost counts the links between routers, so a router's
own LAN costs 0 (RIP's metric is one more: RFC 2453 section 3.4 counts the destination's network too). Where RIP's
options say that a network costs more, that nobody is told of it, or with which key to speak, that counts here too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from catenet.orchestrator.lab.model import Lab, Node

__all__ = ["FARTHEST", "ROUTING", "End", "NextHop", "Way", "lacking", "learned", "ways"]

ROUTING = "rip"
"""The service by which routers learn."""
FARTHEST = 14
"""The longest way that they learn, in links: RIP's metric, one more, ends at 15 (RFC 2453 section 3.6)."""

NextHop = tuple[str, str]
"""(LAN, router): over which LAN, to which router on it."""


End = tuple[str, str]
"""(Node, LAN): where a node is on a LAN."""


@dataclass(frozen=True, slots=True)
class Way:
    """All shortest ways from a router to a LAN: the cost in links, and the first steps (none: it is its own LAN)."""

    cost: int
    next_hops: frozenset[NextHop]

    @property
    def via(self) -> frozenset[str]:
        """The LANs by which a shortest way leaves."""
        return frozenset(lan for lan, _ in self.next_hops)


@dataclass(frozen=True, slots=True)
class _Router:
    """A router and its LANs that are not cut. `rip`: its service's options; None: its routes are written by hand.

    `deaf`: the LANs on which it drops what comes in.
    """

    node: Node
    lans: tuple[str, ...]
    rip: Any
    deaf: frozenset[str] = frozenset()

    def cost(self, lan: str) -> int:
        """What crossing that network adds to what it hears there."""
        return int(self.rip.cost.get(lan, 1)) if self.rip is not None else 1

    def announced(self, lan: str) -> int | None:
        """The metric at which it announces a LAN of its own; None: it does not."""
        if self.rip is None:
            return 1
        hidden = lan in self.rip.passive and "connected" not in self.rip.redistribute
        return None if hidden else self.cost(lan)

    def speaks(self, lan: str) -> bool:
        """Whether the others on that LAN hear of it."""
        return self.rip is None or lan not in self.rip.passive

    def believes(self, other: _Router, lan: str) -> bool:
        """Whether it hears the other one on that LAN, and takes what that one signs."""
        if lan in self.deaf:
            return False
        if self.rip is None or other.rip is None:
            return self.rip is other.rip or not (self.rip or other.rip).auth
        return bool(self.rip.believes(other.rip, adapts=ROUTING not in other.node.implementations))


def ways(
    lab: Lab, cut: Collection[str] = (), dead: Collection[str] = (), silent: Collection[End] = ()
) -> dict[str, dict[str, Way]]:
    """Router → LAN → its ways, without the LANs that are cut and the routers that are dead.

    `silent`: ends at which what comes in is dropped. The LAN stays its routers' own, but they hear nobody there.

    A LAN that a router cannot reach is absent from its row. Hosts have no row: they only know their gateway.
    """
    routers = {
        node.name: _Router(
            node,
            tuple(place.lan for place in node.attachments if place.lan not in cut),
            node.services.get(ROUTING),
            frozenset(lan for name, lan in silent if name == node.name),
        )
        for node in lab.nodes.values()
        if node.forward and node.name not in dead
    }
    members = {lan: [each for each in routers.values() if lan in each.lans] for lan in lab.lans if lan not in cut}
    rows: dict[str, dict[str, Way]] = {name: {} for name in routers}
    for lan in members:
        metrics = _metrics(lan, members)
        for name, metric in metrics.items():
            rows[name][lan] = Way(metric - 1, _next_hops(routers[name], lan, metrics, members))
    return rows


def learned(
    lab: Lab, cut: Collection[str] = (), absent: Collection[str] = (), silent: Collection[End] = ()
) -> dict[str, dict[str, Way]]:
    """Router that speaks RIP → LAN that is not its own → the ways that it should learn.

    `absent`: nodes that are dead or paused. A router without RIP tells nobody what it knows.
    """
    mute = {name for name, node in lab.nodes.items() if ROUTING not in node.services} | {*absent}
    return {
        router: {lan: way for lan, way in row.items() if way.next_hops and way.cost <= FARTHEST}
        for router, row in ways(lab, cut, mute, silent).items()
    }


def lacking(known: Mapping[str, int], wanted: Mapping[str, int]) -> Iterator[str]:
    """LAN → cost that a router knows, and that it should know: what it has no route to, in words."""
    for lan, cost in wanted.items():
        if known.get(lan) != cost:
            yield f"{lan} at cost {cost}{f', only at cost {known[lan]}' if lan in known else ''}"


def _metrics(target: str, members: Mapping[str, list[_Router]]) -> dict[str, int]:
    """Router → its distance to that LAN, the nearest first (Dijkstra)."""
    found: dict[str, int] = {}
    queue = [(each.cost(target), each.node.name, each) for each in members[target]]
    heapify(queue)
    while queue:
        metric, name, router = heappop(queue)
        if name in found:
            continue
        found[name] = metric
        for lan in router.lans:
            for other in members[lan]:
                said = _says(router, target, lan, metric)
                if other.node.name not in found and said is not None and other.believes(router, lan):
                    heappush(queue, (said + other.cost(lan), other.node.name, other))
    return found


def _says(router: _Router, target: str, lan: str, metric: int) -> int | None:
    """The metric that a router tells of the target on a LAN; None: nothing."""
    if not router.speaks(lan):
        return None
    return router.announced(target) if target in router.lans else metric


def _next_hops(
    router: _Router, target: str, metrics: Mapping[str, int], members: Mapping[str, list[_Router]]
) -> frozenset[NextHop]:
    """The neighbours that a shortest way may go by; none where the LAN is its own."""
    if target in router.lans:
        return frozenset()
    found = set()
    for lan in router.lans:
        for other in members[lan]:
            known = metrics.get(other.node.name)
            said = None if known is None or other is router else _says(other, target, lan, known)
            if (
                said is not None
                and router.believes(other, lan)
                and said + router.cost(lan) == metrics[router.node.name]
            ):
                found.add((lan, other.node.name))
    return frozenset(found)
