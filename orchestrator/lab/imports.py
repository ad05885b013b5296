"""What each router redistributes between its sources of routes: from what all of them find, by the same choice as the
node makes (nodes/runtime/wanted).

Pure. Which option of a service names the sources, its annotation says (`RouteSource`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from catenet.nodes.catalogue import declared
from catenet.nodes.control.service import Source
from catenet.nodes.control.topology import ExpectedRoute, Import
from catenet.orchestrator.lab.model import Lab, Node
from catenet.orchestrator.lab.realms import View, views
from catenet.orchestrator.lab.values import source_hints

__all__ = ["Found", "Imports"]

Found = Mapping[str, Mapping[str, Mapping[str, ExpectedRoute]]]
"""Service → router → LAN → the route that it should find."""

_STATIC = Source("static", 0, 1)
"""Of the routes that the lab file gives a node; their number is the runtime's affair."""


class _Candidate(NamedTuple):
    """A route of one of a router's sources, so that the one that is believed is the least."""

    rank: int
    source: str
    route: ExpectedRoute


class Imports:
    """Of one lab, as it stands now."""

    def __init__(self, lab: Lab, cut: Collection[str]) -> None:
        """`cut`: LANs that are down."""
        self._cut = cut
        self._asked = {
            (node.name, service): names
            for node in lab.nodes.values()
            for service, options in node.services.items()
            if (names := _named(service, options) & {_STATIC.name, *node.services})
        }
        self._nodes = {name: lab.nodes[name] for name, _ in self._asked}
        self._static: dict[str, dict[str, ExpectedRoute]] = {}
        if self._asked:
            seen = views(lab)
            self._static = {name: dict(self._leading(node, seen.at(name))) for name, node in self._nodes.items()}

    def after(self, found: Found) -> dict[tuple[str, str], Mapping[str, Import]]:
        """(Router, service) → LAN → what it redistributes, where the sources find that."""
        best = {name: self._best(node, found) for name, node in self._nodes.items()}
        made = {
            (router, service): {
                lan: Import(each.source, each.route.tag, each.route.next_hops)
                for lan, each in best[router].items()
                if each.source in names and not each.route.last_resort
            }
            for (router, service), names in self._asked.items()
        }
        return {key: imports for key, imports in made.items() if imports}

    def _best(self, node: Node, found: Found) -> dict[str, _Candidate]:
        """LAN → the route that the node believes."""
        best: dict[str, _Candidate] = {}
        for each in self._candidates(node, found):
            for lan, candidate in each.items():
                best[lan] = min(best.get(lan, candidate), candidate, key=lambda one: one.rank)
        return best

    def _candidates(self, node: Node, found: Found) -> Iterator[dict[str, _Candidate]]:
        static = self._static[node.name].items()
        yield {lan: _Candidate(_STATIC.rank(last_resort=False), _STATIC.name, route) for lan, route in static}
        for service in declared(node.services):
            if (source := service.source) is not None:
                rows = found.get(service.name, {}).get(node.name, {}).items()
                yield {
                    lan: _Candidate(source.rank(last_resort=route.last_resort), service.name, route)
                    for lan, route in rows
                }

    def _leading(self, node: Node, view: View) -> Iterator[tuple[str, ExpectedRoute]]:
        """The static routes that lead to a LAN, over one that is up."""
        for route in node.routes:
            lan = view.names.get(str(route.to))
            by = next((place.lan for place in node.attachments if view.lans[place.lan].prefix.holds(route.via)), None)
            if lan is not None and by is not None and by not in self._cut:
                yield lan, ExpectedRoute(0, frozenset({(by, view.owners.get(route.via, ""))}))


def _named(service: str, options: object) -> set[str]:
    """The sources that a service's options name."""
    return {name for option in source_hints(service) for name in getattr(options, option)}
