"""OSPF's shortest-path trees beside networkx's Dijkstra, on the same graph, from the same router.

A ring of routers on point-to-point links with chords at random: on the average four links each, costs of 1 to 10, all
in one area. networkx is asked for distances alone; ours gives the next hops, too. "From LSAs" makes the graph first, of
all LSAs; "again" is what a change of one router's LSA costs. "The table" goes on to the route to each network, one for
each router. Times are this machine's; the ratios are what to compare.
"""

from __future__ import annotations

import random
import statistics

import networkx as nx
from figures import Figure, timed
from progress import Steps

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.graph import Graph
from catenet.nodes.internet.ospf.lsa import LinkType, Lsa, LsaKey, LsaType, RouterLink, RouterLsa
from catenet.nodes.internet.ospf.lsdb import Lsdb
from catenet.nodes.internet.ospf.routes import Area, calculate
from catenet.nodes.internet.ospf.spf import Link, spf

SIZES = (1_000, 10_000)
ROOT = Address(1)
AREA = Address(0)
SEED = 1
LEAST = 7
"""Times are of milliseconds, so each run is at least so many."""


def seconds(runs: int) -> float:
    return 15 + 3 * max(runs, LEAST)


def figures(runs: int, steps: Steps) -> list[Figure]:
    found = []
    for size in SIZES:
        steps.step(f"{size:,} routers")
        found += _figures(size, max(runs, LEAST))
    return found


def _figures(size: int, runs: int) -> list[Figure]:
    graph = _random(size)
    lsdb, links = _lsdb(graph), _links(graph)
    kept = Graph()
    kept.update(lsdb, 0)
    times: dict[str, list[float]] = {"its": [], "tree": [], "first": [], "again": [], "table": []}
    for run in range(runs):
        times["its"].append(timed(lambda: nx.single_source_dijkstra_path_length(graph, 1)))
        times["tree"].append(timed(lambda: spf(ROOT, kept, links)))
        times["first"].append(timed(lambda: _first(lsdb, links)))
        lsdb.install(_lsa(graph, 2, extra=run + 1), 0)
        times["again"].append(timed(lambda: _again(kept, lsdb, links)))
        times["table"].append(timed(lambda: calculate(ROOT, {AREA: Area(lsdb)}, Lsdb(), links, 0, ecmp=8)))
    its, tree, first, again, table = (1000 * statistics.median(each) for each in times.values())
    name, beside = f"{size:,} routers", "networkx, distances"
    return [
        Figure(f"{name}: the tree, with next hops", tree, 1.0, beside, its, "ms"),
        Figure(f"{name}: again, after one LSA", again, 1.0, beside, its, "ms"),
        Figure(f"{name}: from LSAs", first, None, beside, its, "ms"),
        Figure(f"{name}: from LSAs to the table", table, None, beside, its, "ms"),
    ]


def _first(lsdb: Lsdb, links: list[Link]) -> None:
    graph = Graph()
    graph.update(lsdb, 0)
    spf(ROOT, graph, links)


def _again(graph: Graph, lsdb: Lsdb, links: list[Link]) -> None:
    graph.update(lsdb, 0)
    spf(ROOT, graph, links)


def _random(size: int) -> nx.DiGraph[int]:
    rng = random.Random(SEED)
    edges = {(number, number % size + 1) for number in range(1, size + 1)}
    while len(edges) < 2 * size:
        a, b = sorted(rng.sample(range(1, size + 1), 2))
        edges.add((a, b))
    graph: nx.DiGraph[int] = nx.DiGraph()
    for a, b in sorted(edges):
        graph.add_edge(a, b, weight=rng.randint(1, 10))
        graph.add_edge(b, a, weight=rng.randint(1, 10))
    return graph


def _lsdb(graph: nx.DiGraph[int]) -> Lsdb:
    lsdb = Lsdb()
    for router in graph:
        lsdb.install(_lsa(graph, router), 0)
    return lsdb


def _lsa(graph: nx.DiGraph[int], router: int, extra: int = 0) -> Lsa:
    """A router's LSA: its links, and a network of its own. `extra`: that network's cost."""
    links = [
        RouterLink(LinkType.POINT_TO_POINT, Address(end), _address(router, end), way["weight"])
        for end, way in graph[router].items()
    ]
    links.append(RouterLink(LinkType.STUB, Address(10 << 24 | router << 8), 0xFFFFFF00, extra))
    return Lsa.make(LsaKey(LsaType.ROUTER, Address(router), Address(router)), 2, 1, RouterLsa(0, tuple(links)))


def _links(graph: nx.DiGraph[int]) -> list[Link]:
    return [
        Link(f"to {end}", _address(1, end), Prefix(Address(172 << 24), 8), AREA, 1, {Address(end): _address(end, 1)})
        for end in graph[1]
    ]


def _address(router: int, end: int) -> Address:
    """A router's address on its link to another: no two are the same on one router, which is all that matters here."""
    return Address(172 << 24 | end << 1 | (router < end))
