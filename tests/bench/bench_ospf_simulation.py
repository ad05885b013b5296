"""OSPF in simulation: routers of ours in one process, from their common start until every table is right.

How it is measured says simulated.py. Each router has three links, point-to-point ones, and all is one area. Each LSA
comes to each router, and is kept there: a thousand times a thousand. The tables of twenty are compared, with all next
hops. The timers are those of RFC 2328.
"""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
from figures import Figure
from network import Network
from ospf_world import build_lans, oracle, table
from progress import Steps
from simulated import World, converging

from catenet.nodes.internet.ospf.config import OspfOptions

LINKS, SAMPLE = 3, 20


def _build(graph: nx.Graph, seed: int) -> Network:
    links = {f"{a}--{b}": [str(a), str(b)] for a, b in graph.edges}
    lans = {f"lan-{router}": [str(router)] for router in graph}
    options = OspfOptions(network=dict.fromkeys(links, "point-to-point"))
    return build_lans({**links, **lans}, lambda router: options, seed, reports=False)


def _oracle(network: Network) -> Mapping[str, object]:
    """Of some."""
    sample = [*network.nodes][:: max(1, len(network.nodes) // SAMPLE)]
    costs: Mapping[str, Mapping[str, int]] = {name: {} for name in network.nodes}
    return oracle(network, costs, sample)


def seconds(runs: int) -> float:
    return 420 + 8 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    return converging(World(LINKS, _build, _oracle, table), runs, steps)
