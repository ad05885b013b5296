"""Links that differ in cost (claim D14): each router adds its network's cost and takes the least, as Dijkstra would."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network
from rip_world import UNREACHABLE, build, link, table

from catenet.nodes.internet.rip.config import RipOptions


def costly(graph: nx.Graph, costs: dict[str, int], options: RipOptions) -> Network:
    """A router for each vertex and a link for each edge, and no other LAN."""
    network = build(graph, options, seed=3, own_lans=False)
    assert set(costs) <= set(network.lans)
    return network


def least(graph: nx.Graph, costs: dict[str, int], vertex: object) -> dict[str, int]:
    """By Dijkstra: what every link's network costs from this router, up to infinity."""
    weighted = nx.Graph()
    for one, other in graph.edges:
        weighted.add_edge(one, other, weight=costs.get(link(one, other), 1))
    far = nx.single_source_dijkstra_path_length(weighted, vertex)
    found = {link(*ends): min(far[ends[0]], far[ends[1]]) + costs.get(link(*ends), 1) for ends in graph.edges}
    return {name: cost for name, cost in found.items() if cost < UNREACHABLE}


@st.composite
def priced_graphs(draw: st.DrawFn) -> tuple[nx.Graph, dict[str, int]]:
    size = draw(st.integers(2, 12))
    graph = nx.path_graph(size)
    vertices = st.integers(0, size - 1)
    graph.add_edges_from(
        ends for ends in draw(st.lists(st.tuples(vertices, vertices), max_size=12)) if len(set(ends)) > 1
    )
    names = sorted(link(*ends) for ends in graph.edges)
    return graph, draw(st.dictionaries(st.sampled_from(names), st.integers(1, 15), max_size=len(names)))


@settings(max_examples=30)
@given(priced_graphs())
def test_every_table_has_the_least_costs(priced: tuple[nx.Graph, dict[str, int]]) -> None:
    graph, costs = priced
    network = costly(graph, costs, RipOptions(cost=costs))
    network.run(400)
    for vertex in graph:
        right = least(graph, costs, vertex)
        own = {link(*ends) for ends in graph.edges(vertex)}
        assert {n: m for n, m in table(network, str(vertex)).items() if n not in own} == {
            n: c for n, c in right.items() if n not in own
        }


def test_d14_the_lectures_arithmetic() -> None:
    """Claim D14: the offers of all neighbours, each with its link's cost added, and then the minimum."""
    graph, costs = nx.cycle_graph(4), {"0--1": 7, "0--3": 1}
    network = costly(graph, costs, RipOptions(cost=costs))
    network.run(60)
    assert table(network, "0") == {"0--1": 7, "0--3": 1, "2--3": 2, "1--2": 3}
    network.cut("0--3")
    network.run(200)
    assert table(network, "0") == {"0--1": 7, "1--2": 8, "2--3": 9}
