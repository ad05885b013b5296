"""The routes within an area (RFC 2328 section 16.1): to what its shortest-path tree reaches, and to stub networks."""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ospf.graph import ROUTER, Graph
from catenet.nodes.internet.ospf.lsa import BORDER, BOUNDARY
from catenet.nodes.internet.ospf.spf import Hops, Link, Tree, merge
from catenet.nodes.internet.ospf.table import Kind, Route, RouterRoute
from catenet.nodes.units import NextHop

__all__ = ["routers_of", "routes_of"]


def routes_of(area: Address, tree: Tree, graph: Graph, links: Sequence[Link]) -> dict[Prefix, Route]:
    """The route to each network of an area."""
    found = _transit_networks(tree, graph)
    own = {link.prefix: link.interface for link in links}
    for router in graph.stubs.keys() & tree.hops.keys():
        distance, hops = tree.cost(router), tree.hops[router]
        for prefix, cost in graph.stubs[router]:
            via = hops or (NextHop(ANY, own.get(prefix, "")),)  # the root's own: it has no next hop
            known = found.get(prefix)
            if known is None or distance + cost < known[0]:
                found[prefix] = distance + cost, via
            elif distance + cost == known[0]:
                found[prefix] = known[0], merge(known[1], via)
    return {
        prefix: Route(prefix, Kind.INTRA, cost, 0, _to_routers(hops), area) for prefix, (cost, hops) in found.items()
    }


def routers_of(root: Address, area: Address, tree: Tree, graph: Graph) -> dict[tuple[Address, Address], RouterRoute]:
    """The ways to the area's border and boundary routers."""
    return {
        (router, area): RouterRoute(router, area, Kind.INTRA, tree.cost(vertex), tree.hops[vertex], flags)
        for vertex, flags in graph.flags.items()
        if flags & (BORDER | BOUNDARY) and vertex in tree.hops and (router := Address(vertex & ~ROUTER)) != root
    }


def _transit_networks(tree: Tree, graph: Graph) -> dict[Prefix, tuple[int, Hops]]:
    """Of several vertices with one prefix the nearest counts, then the one with the largest Link State ID: "this can
    occur when a new Designated Router is being established" (stage 1, step 4)."""
    vertices: dict[Prefix, int] = {}
    for vertex in graph.networks.keys() & tree.hops.keys():
        prefix = graph.networks[vertex]
        other = vertices.get(prefix)
        if other is None or (tree.cost(vertex), -vertex) < (tree.cost(other), -other):
            vertices[prefix] = vertex
    return {prefix: (tree.cost(vertex), tree.hops[vertex]) for prefix, vertex in vertices.items()}


def _to_routers(hops: Hops) -> Hops:
    return () if any(hop.via == ANY for hop in hops) else hops
