"""A thousand OSPF routers in one process: some six minutes on one core, and three gigabytes."""

from __future__ import annotations

import networkx as nx
import pytest
from ospf_world import build_lans, database, oracle, running, summary, table

from catenet.nodes.internet.ospf.config import OspfOptions

SIZE, SAMPLE = 1000, 20


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_thousand_routers_converge_at_once_and_get_over_a_cut() -> None:
    graph = nx.compose(nx.random_labeled_tree(SIZE, seed=1), nx.gnm_random_graph(SIZE, SIZE // 2, seed=1))
    lans = {f"{min(ends)}--{max(ends)}": [str(end) for end in ends] for ends in graph.edges}
    options = OspfOptions(network=dict.fromkeys(lans, "point-to-point"))
    network = build_lans(lans, lambda router: options, reports=False)
    costs = {name: {} for name in network.nodes}

    def converged() -> bool:
        """Of some the tables are compared, with all next hops: of all the databases must be equal then."""
        some = {name: table(network, name) for name in sample}
        return some == oracle(network, costs, sample)

    sample = running(network)[:: SIZE // SAMPLE]
    assert network.run_until(converged, within=20, step=1.0) is not None
    assert len({summary(network, name)["areas"][0]["checksums"] for name in network.nodes}) == 1
    assert len(database(network, sample[0])) == SIZE
    cut = next(name for name in lans if nx.has_path(without(graph, name), *map(int, lans[name])))
    network.run(10)
    network.cut(cut)
    assert network.run_until(converged, within=10, step=0.2) is not None


def without(graph: nx.Graph, lan: str) -> nx.Graph:
    rest = graph.copy()
    rest.remove_edge(*map(int, lan.split("--")))
    return rest
