"""Links that differ in cost (claim D14): each router adds its network's cost and takes the least, as Dijkstra would."""

from __future__ import annotations

import networkx as nx
from rip_world import build, table

from catenet.nodes.internet.rip.config import RipOptions


def test_d14_the_lectures_arithmetic() -> None:
    """Claim D14: the offers of all neighbours, each with its link's cost added, and then the minimum."""
    graph, costs = nx.cycle_graph(4), {"0--1": 7, "0--3": 1}
    network = build(graph, RipOptions(cost=costs), seed=3, own_lans=False)
    network.run(60)
    assert table(network, "0") == {"0--1": 7, "0--3": 1, "2--3": 2, "1--2": 3}
    network.cut("0--3")
    network.run(200)
    assert table(network, "0") == {"0--1": 7, "1--2": 8, "2--3": 9}
