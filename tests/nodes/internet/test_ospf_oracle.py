"""Random areas beside networkx: distances, next hops, and routes between areas (RFC 2328 section 16)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from ospf_area import BACKBONE, DrawnArea, router_id, table_of

from catenet.nodes.address import ANY, Address, Prefix, mask
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.lsa import BORDER, LinkType, LsaType, NetworkLsa
from catenet.nodes.internet.ospf.spf import spf
from catenet.nodes.internet.ospf.table import Kind
from catenet.nodes.machine import NextHop

ROUTERS = 9
COSTS = st.integers(1, 4)  # few, so that many paths are equal
NUMBERS = st.integers(1, ROUTERS)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS, COSTS, COSTS), max_size=14)  # parallel ones, and both directions' costs
LANS = st.lists(st.dictionaries(NUMBERS, COSTS, min_size=1, max_size=5), max_size=4)
STUBS = st.lists(st.tuples(NUMBERS, st.integers(0, 3), COSTS), max_size=6)
DROPS = st.lists(st.tuples(NUMBERS, st.integers(0, 5)), max_size=2)


def stub_net(number: int) -> str:
    return f"10.200.{number}.0/24"


def draw(lines, lans, stubs, drops=(), area: int = 0) -> DrawnArea:
    """An area; `drops`: links that their router does not announce, so that they are no links."""
    drawn = DrawnArea(area)
    for number, (a, b, cost, back) in enumerate(lines):
        if a != b:
            drawn.join(a, b, cost, back, f"10.{area}.{number}.0/30")
    for number, costs in enumerate(lans):
        drawn.lan(f"10.{100 + area}.{number}.0/24", costs)
    for router, number, cost in stubs:
        drawn.stub_network(router, stub_net(number), cost)
    for router, number in drops:
        links = drawn.router_links.get(router, [])
        if number < len(links):
            del links[number]
    return drawn


class Oracle:
    """What networkx makes of the same LSAs."""

    def __init__(self, drawn: DrawnArea) -> None:
        self.drawn = drawn
        self.networks = {
            ("network", each.key.id): each.body for each in drawn.others if isinstance(each.body, NetworkLsa)
        }
        arcs: dict[tuple, int] = {}
        for router, links in drawn.router_links.items():
            for link in links:
                if link.type != LinkType.STUB:
                    kind = "network" if link.type == LinkType.TRANSIT else "router"
                    way = ("router", router_id(router)), (kind, link.id)
                    arcs[way] = min(link.metric, arcs.get(way, link.metric))
        for network, body in self.networks.items():
            arcs |= {(network, ("router", each)): 0 for each in body.routers}
        self.graph: nx.DiGraph = nx.DiGraph()
        self.graph.add_nodes_from(("router", router_id(each)) for each in drawn.router_links)
        self.graph.add_weighted_edges_from((a, b, cost) for (a, b), cost in arcs.items() if (b, a) in arcs)
        self.distance = dict(nx.all_pairs_dijkstra_path_length(self.graph))

    def first_hops(self, root: tuple) -> Iterable[tuple[NextHop, int, tuple | None]]:
        """Each way to leave the root: the next hop, the cost to it, and the router there (None: the LAN itself)."""
        for link in self.drawn.router_links[root[1]]:
            interface = str(Address(link.data))
            if link.type == LinkType.POINT_TO_POINT and self.graph.has_edge(root, ("router", link.id)):
                (out,) = (each for each in self.drawn.links(root[1]) if each.interface == interface)
                yield NextHop(out.neighbours[link.id], interface), link.metric, ("router", link.id)
            elif link.type == LinkType.TRANSIT and self.graph.has_edge(root, ("network", link.id)):
                yield NextHop(ANY, interface), link.metric, ("network", link.id)
                for _, router in self.graph.out_edges(("network", link.id)):
                    for back in self.drawn.router_links[router[1]]:
                        if back.type == LinkType.TRANSIT and back.id == link.id and router != root:
                            yield NextHop(Address(back.data), interface), link.metric, router

    def hops(self, root: tuple, end: tuple) -> set[NextHop]:
        """The first hops from which the rest of the way is as short as it can be."""
        best = self.distance[root][end]
        return {
            hop
            for hop, cost, at in self.first_hops(root)
            if (at == end if hop.via == ANY else cost + self.distance[at].get(end, 1 << 30) == best)
            and cost + self.distance[at][end] == best
        }

    def routes(self, root: tuple) -> dict[Prefix, tuple[int, set[NextHop]]]:
        """Prefix → cost and next hops; none: it is directly attached."""
        found: dict[Prefix, tuple[int, set[NextHop]]] = {}

        def offer(address: Address, bits: int, cost: int, hops: set[NextHop]) -> None:
            prefix = next(Prefix(address, length) for length in range(33) if mask(length) == bits)
            known = found.get(prefix, (cost, set()))
            found[prefix] = (
                min(known, (cost, hops), key=lambda it: it[0]) if cost != known[0] else (cost, known[1] | hops)
            )

        for end, cost in self.distance[root].items():
            hops = self.hops(root, end) or {NextHop(ANY, "")}
            if end in self.networks:
                bits = self.networks[end].mask
                offer(Address(end[1] & bits), bits, cost, hops)
            else:
                for link in self.drawn.router_links[end[1]]:
                    if link.type == LinkType.STUB:
                        offer(link.id, link.data, cost + link.metric, hops)
        return {
            prefix: (cost, set() if any(hop.via == ANY for hop in hops) else hops)
            for prefix, (cost, hops) in found.items()
        }


@settings(max_examples=150)
@given(LINES, LANS, STUBS, DROPS)
def test_an_area_is_as_networkx_has_it(lines, lans, stubs, drops):
    drawn = draw(lines, lans, stubs, drops)
    drawn.stub_network(1, "10.201.0.0/24", 1, attached=True)  # it has one interface at least
    oracle = Oracle(drawn)
    root = ("router", router_id(1))
    table = table_of(1, drawn)
    vertices = table.trees[BACKBONE].vertices
    assert {tuple(key): each.cost for key, each in vertices.items()} == oracle.distance[root]
    for key, each in vertices.items():
        assert set(each.hops) == oracle.hops(root, tuple(key)), key
        for parent in each.parents:
            step = oracle.graph.edges[tuple(parent), tuple(key)]["weight"]
            assert vertices[parent].cost + step == each.cost
        assert (not each.parents) == (tuple(key) == root)
    assert {prefix: (it.cost, set(it.hops)) for prefix, it in table.routes.items()} == oracle.routes(root)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(LINES, LANS, DROPS), min_size=2, max_size=4),
    st.lists(st.sampled_from(["all", "routers", "networks"]), min_size=3, max_size=3),
)
def test_a_graph_that_is_kept_is_that_made_anew(states, parts):
    """A database goes from one area's LSAs to another's, by parts: the graph that follows it gives the same tree as one
    that is made of what is there."""
    kept = Graph()
    lsdb = draw(*states[0][:2], (), states[0][2]).lsdb()
    for (lines, lans, drops), part in zip(states, ["all", *parts], strict=False):
        drawn = draw(lines, lans, (), drops)
        new = {stored.key: stored.lsa for stored in drawn.lsdb().values()}
        kinds = {"routers": [LsaType.ROUTER], "networks": [LsaType.NETWORK]}.get(
            part, [LsaType.ROUTER, LsaType.NETWORK]
        )
        for key in set(lsdb.keys()) - new.keys():
            if key.type in kinds:
                lsdb.remove(key)
        for key, it in new.items():
            if key.type in kinds:
                lsdb.install(it, 0)
        kept.update(lsdb, 0)
        fresh = Graph()
        fresh.update(lsdb, 0)
        links = drawn.links(1)
        assert spf(router_id(1), kept, links).vertices == spf(router_id(1), fresh, links).vertices
        assert {key: sorted(arcs) for key, arcs in kept.arcs.items()} == {
            key: sorted(arcs) for key, arcs in fresh.arcs.items()
        }
        assert (kept.stubs, kept.flags, kept.networks) == (fresh.stubs, fresh.flags, fresh.networks)


# Several areas: a backbone, and two whose border routers are in it.

MEMBERS = {0: (1, 2, 3, 4, 5), 1: (1, 2, 11, 12), 2: (3, 4, 21, 22)}
BORDERS = {1: (1, 2), 2: (3, 4)}


class Autonomous:
    """Areas, and the summary-LSAs that their border routers originate (12.4.3), by networkx's distances. Each router
    has a stub network in each of its areas."""

    def __init__(self, areas: dict[int, DrawnArea]) -> None:
        self.areas = areas
        self.oracles = {number: Oracle(drawn) for number, drawn in areas.items()}
        self.nets = {
            Prefix(link.id, 24): (area, router, link.metric)
            for area, drawn in areas.items()
            for router, links in drawn.router_links.items()
            for link in links
            if link.type == LinkType.STUB
        }
        for area, borders in BORDERS.items():
            for border in borders:
                for prefix, (its, _, _) in self.nets.items():
                    told = 0 if its == area else area
                    areas[told].summary(border, str(prefix), self.cost(border, prefix)[0])

    def cost(self, router: int, prefix: Prefix) -> tuple[int, set[NextHop], Kind]:
        """By the rules: within an area where that can be, else over the backbone for who is on it, else by a border
        router of its own area."""
        area, owner, metric = self.nets[prefix]
        if router in MEMBERS[area]:
            cost, hops = self.way(area, router, owner)
            return cost + metric, hops, Kind.INTRA
        mine = 0 if router in MEMBERS[0] else next(each for each in BORDERS if router in MEMBERS[each])
        borders = BORDERS[area if mine == 0 else mine]
        ways = [(self.way(mine, router, border), self.cost(border, prefix)[0]) for border in borders]
        best = min(cost + rest for (cost, _), rest in ways)
        return best, set().union(*(hops for (cost, hops), rest in ways if cost + rest == best)), Kind.INTER

    def way(self, area: int, router: int, end: int) -> tuple[int, set[NextHop]]:
        here, there = ("router", router_id(router)), ("router", router_id(end))
        return self.oracles[area].distance[here][there], self.oracles[area].hops(here, there)


@st.composite
def autonomous_systems(pick: st.DrawFn) -> Autonomous:
    """Each area holds together by a line through all its routers; some more links make paths of equal cost."""
    areas = {}
    for area, members in MEMBERS.items():
        more = pick(st.lists(st.tuples(st.sampled_from(members), st.sampled_from(members)), max_size=4))
        pairs = [*pairwise(pick(st.permutations(members))), *more]
        drawn = draw([(a, b, pick(COSTS), pick(COSTS)) for a, b in pairs], [], [], area=area)
        for router in members:
            drawn.stub_network(router, f"10.{150 + area}.{router}.0/24", pick(COSTS))
            drawn.router(router, BORDER if router in BORDERS[1] + BORDERS[2] else 0)
        areas[area] = drawn
    return Autonomous(areas)


@settings(max_examples=40)
@given(autonomous_systems())
def test_every_router_of_three_areas_has_the_shortest_ways_that_areas_allow(system):
    for router in {router for members in MEMBERS.values() for router in members}:
        areas = [drawn for number, drawn in system.areas.items() if router in MEMBERS[number]]
        table = table_of(router, *areas)
        assert table.border == (len(areas) > 1)
        found = {prefix: (it.cost, set(it.hops), it.kind) for prefix, it in table.routes.items()}
        assert found == {prefix: system.cost(router, prefix) for prefix in system.nets}
