"""What a routing protocol should find in a lab: its routers as they stand to each other, and the shortest routes by the
protocol's own rules. The room of a protocol has the rules (its declaration's `expected`); readiness, checks and reset
hold against this what the routers say.

What a router redistributes of other sources the protocol is told (`Router.imports`). Who asks goes on asking, each
protocol with what the others have found, until nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple, Protocol

__all__ = ["Disagree", "Disagreement", "Expected", "ExpectedRoute", "Hop", "Import", "Router", "Rules", "shortest"]

Hop = tuple[str, str]
"""(LAN, router): over which LAN, to which router on it, by their names in the lab."""


class Import(NamedTuple):
    """A route of another source that a router announces by this protocol: whose it is, its tag, and its next hops."""

    source: str
    tag: int
    next_hops: frozenset[Hop]


class Router(NamedTuple):
    """A router that speaks the protocol. `lans`: its LANs that are not cut; `options`: its service's.

    `ours`: whether the service is catenet's own implementation. `ingress_dropped`: the LANs on which what comes in is
    dropped. `imports`: LAN → the route that it redistributes, where the options say so, and no route of this protocol
    is better.
    """

    name: str
    lans: tuple[str, ...]
    options: Any
    ours: bool = True
    ingress_dropped: frozenset[str] = frozenset()
    imports: Mapping[str, Import] = {}


class ExpectedRoute(NamedTuple):
    """The shortest routes from a router to a LAN: the cost in links, and the next hops of all of them.

    Where a protocol measures what links cost, or it depends on which of several ways another protocol has taken, `cost`
    is None; where links are measured, the next hops are then all that may turn out to be the best. `tag`: the mark that
    the routes carry, 0: none; `last_resort`: every other source's is taken before them.
    """

    cost: int | None
    next_hops: frozenset[Hop]
    tag: int = 0
    last_resort: bool = False

    @property
    def via(self) -> frozenset[str]:
        """The LANs by which a shortest route leaves."""
        return frozenset(lan for lan, _ in self.next_hops)


class Disagreement(NamedTuple):
    """What keeps two routers from speaking with each other on a LAN ("": wherever they are), though both would:
    `router`'s `option` does not go with what the `other` has. `text`: the same in words, to stand behind the router's
    name.
    """

    lan: str
    router: str
    other: str
    option: str
    text: str


Expected = Callable[[Sequence[Router]], Mapping[str, Mapping[str, ExpectedRoute]]]
"""The routers that speak a protocol → router → LAN that is not its own → the routes that it should learn."""

Disagree = Callable[[Sequence[Router]], Iterable[Disagreement]]
"""The routers that speak a protocol → what of their options does not go together."""


class Rules(Protocol):
    """How a protocol that adds up costs goes on. All costs are its own metric."""

    def cost(self, router: Router, lan: str, /) -> int:
        """What crossing that LAN adds to what the router hears there."""

    def announced(self, router: Router, lan: str, /) -> int | None:
        """The metric at which it announces a LAN of its own; None: it does not."""

    def speaks(self, router: Router, lan: str, /) -> bool:
        """Whether the others on that LAN hear of it."""

    def accepts(self, router: Router, other: Router, lan: str, /) -> bool:
        """Whether it takes what the other one says on that LAN, if it hears it."""


def shortest(
    routers: Sequence[Router], rules: Rules, import_metric: int = 0
) -> dict[str, dict[str, tuple[int, frozenset[Hop]]]]:
    """Router → LAN → the metric of the shortest routes, and their next hops (none: the LAN is its own, or it announces
    another source's route).

    A LAN that a router cannot reach is absent from its row. `import_metric`: at which others' routes are announced.
    """
    rows: dict[str, dict[str, tuple[int, frozenset[Hop]]]] = {router.name: {} for router in routers}
    members: dict[str, list[Router]] = {}
    for router in routers:
        for lan in router.lans:
            members.setdefault(lan, []).append(router)
    importers: dict[str, list[Router]] = {}
    for router in routers:
        for lan in router.imports:
            importers.setdefault(lan, []).append(router)
    for lan in dict.fromkeys((*members, *importers)):
        origins = [(rules.cost(each, lan), each.name, each) for each in members.get(lan, ())]
        origins += [(import_metric, each.name, each) for each in importers.get(lan, ())]
        metrics = _metrics(lan, origins, members, rules)
        for router in routers:
            if router.name in metrics:
                hops = _next_hops(router, lan, metrics, members, rules)
                rows[router.name][lan] = metrics[router.name], hops
    return rows


def _metrics(
    target: str, origins: Sequence[tuple[int, str, Router]], members: Mapping[str, list[Router]], rules: Rules
) -> dict[str, int]:
    """Router → its distance to that LAN (Dijkstra)."""
    found: dict[str, int] = {}
    queue = list(origins)
    heapify(queue)
    while queue:
        metric, name, router = heappop(queue)
        if name in found:
            continue
        found[name] = metric
        for lan in router.lans:
            advertised = _advertised_metric(router, target, lan, metric, rules)
            for other in members[lan] if advertised is not None else ():
                if advertised is not None and other.name not in found and _accepts(other, router, lan, rules):
                    heappush(queue, (advertised + rules.cost(other, lan), other.name, other))
    return found


def _advertised_metric(router: Router, target: str, lan: str, metric: int, rules: Rules) -> int | None:
    """The metric that a router tells of the target on a LAN; None: nothing."""
    if not rules.speaks(router, lan):
        return None
    return rules.announced(router, target) if target in router.lans else metric


def _accepts(router: Router, other: Router, lan: str, rules: Rules) -> bool:
    return lan not in router.ingress_dropped and rules.accepts(router, other, lan)


def _next_hops(
    router: Router, target: str, metrics: Mapping[str, int], members: Mapping[str, list[Router]], rules: Rules
) -> frozenset[Hop]:
    """The neighbours that a shortest route may go by; none where the LAN is its own, or its route another source's."""
    if target in router.lans or target in router.imports:
        return frozenset()
    found = set()
    for lan in router.lans:
        for other in members[lan]:
            if other is router or other.name not in metrics:
                continue
            advertised = _advertised_metric(other, target, lan, metrics[other.name], rules)
            near = advertised is not None and advertised + rules.cost(router, lan) == metrics[router.name]
            if near and _accepts(router, other, lan, rules):
                found.add((lan, other.name))
    return frozenset(found)
