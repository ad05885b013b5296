"""Which routes the lab's routers should have: the oracle of readiness, of the checks and of reset.

Each routing protocol's room says what it finds (nodes/control/topology); here stands who speaks it now, and over which
LANs. A cost counts the links between routers, so a router's own LAN costs 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from catenet.nodes.catalogue import declared
from catenet.nodes.control.service import Service
from catenet.nodes.control.topology import Disagreement, ExpectedRoute, Import, Router
from catenet.orchestrator.lab.imports import Found, Imports
from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.lab.realms import views

__all__ = ["End", "Leak", "best", "disagreements", "expected", "lacking", "leaks", "routing"]

_ROUNDS = 16
"""How often what one protocol finds is told to the others; more than two are needed where routes go round."""
End = tuple[str, str]
"""(Node, LAN): where a node is on a LAN."""


class Leak(NamedTuple):
    """A routing service of a translator tells a router of a LAN whose addresses mean nothing there, or another's."""

    translator: str
    service: str
    router: str
    lan: str


def routing(node: Node) -> list[Service]:
    """Those of the node's services that find routes."""
    return [each for each in declared(node.services) if each.routing is not None]


def expected(lab: Lab, cut: Collection[str] = (), absent: Collection[str] = (), silent: Collection[End] = ()) -> Found:
    """Routing service → router that runs it → LAN that is not its own → the routes that the service should find.

    `cut`: LANs that are down at an end. `absent`: nodes that are dead or paused. `silent`: ends at which what comes in
    is dropped: the LAN stays its routers' own, but they hear nobody there. A LAN that a router cannot reach is absent
    from its row; a node that does not forward has no row.
    """
    speaking = _speaking(lab, cut, absent, silent)
    found, imports = _found(speaking), Imports(lab, cut)
    told: Mapping[tuple[str, str], Mapping[str, Import]] = {}
    for _ in range(_ROUNDS):
        now = imports.after(found)
        if now == told:
            break
        told = now
        found = _found(
            [
                (each, [router._replace(imports=told.get((router.name, each.name), {})) for router in routers])
                for each, routers in speaking
            ]
        )
    return found


def _found(speaking: Iterable[tuple[Service, list[Router]]]) -> Found:
    return {each.name: each.routing.expected()(routers) for each, routers in speaking if each.routing is not None}


def disagreements(lab: Lab) -> Iterator[tuple[str, Disagreement]]:
    """(Service, what of its routers' options keeps them from speaking with each other though both would)."""
    for each, routers in _speaking(lab):
        if each.routing is not None and each.routing.disagreements is not None:
            yield from ((each.name, found) for found in each.routing.disagreements()(routers))


def _speaking(
    lab: Lab, cut: Collection[str] = (), absent: Collection[str] = (), silent: Collection[End] = ()
) -> list[tuple[Service, list[Router]]]:
    """Each routing service, and the routers that run it."""
    speaking: dict[str, list[Router]] = {}
    for node in lab.nodes.values():
        if node.forward and node.name not in absent:
            lans = tuple(place.lan for place in node.attachments if place.lan not in cut)
            ingress_dropped = frozenset(lan for name, lan in silent if name == node.name)
            for each in routing(node):
                ours = each.name not in node.implementations
                router = Router(node.name, lans, node.services[each.name], ours, ingress_dropped)
                speaking.setdefault(each.name, []).append(router)
    return [(each, speaking[each.name]) for each in declared(speaking)]


def leaks(lab: Lab) -> Iterator[Leak]:
    """Where routes would cross a translator that must not; of each of its services the first.

    A lab that is read has none, so that what `expected` finds is true in each realm.
    """
    suspects = {name for name, node in lab.nodes.items() if node.outside and routing(node)}
    if not suspects:
        return
    seen = views(lab)
    told = (
        Leak(other, service, router, lan)
        for service, rows in expected(lab).items()
        for router, row in rows.items()
        for lan, route in row.items()
        if lan not in seen.at(router).lans
        for _, other in sorted(route.next_hops)
    )
    first: dict[tuple[str, str], Leak] = {}
    for leak in told:
        if leak.translator in suspects:
            first.setdefault((leak.translator, leak.service), leak)
    yield from first.values()


def best(
    found: Mapping[str, Mapping[str, Mapping[str, ExpectedRoute]]], services: Iterable[Service], router: str
) -> dict[str, ExpectedRoute]:
    """LAN → the routes that the router's kernel should use, of all that these services should find."""
    ranked = [
        (source.rank(last_resort=route.last_resort), lan, route)
        for each in services
        if (source := each.source) is not None
        for lan, route in found.get(each.name, {}).get(router, {}).items()
    ]
    return {lan: route for _, lan, route in sorted(ranked, key=lambda each: each[0], reverse=True)}


def lacking(known: Mapping[str, int], wanted: Mapping[str, int | None]) -> Iterator[str]:
    """LAN → cost that a router knows, and that it should know (None: any): what it has no route to, in words."""
    for lan, cost in wanted.items():
        if cost is None and lan not in known:
            yield lan
        elif cost is not None and known.get(lan) != cost:
            yield f"{lan} at cost {cost}{f', only at cost {known[lan]}' if lan in known else ''}"
