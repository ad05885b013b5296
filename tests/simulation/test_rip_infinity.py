"""Counting to infinity (RFC 2453 section 3.4.2): what it needs, where it ends, and what prevents it.

Routers 0 – 1 – 2 in a line. The link between 1 and 2 is cut, and the bad news from 1 to 0 is lost.
"""

from __future__ import annotations

import networkx as nx
import pytest
from rip_world import build, link, rows

from catenet.nodes.internet.rip.config import RipOptions


def metrics_after_the_cut(split_horizon):
    """The metrics that router 1 had for the network beyond the cut, one after the other, and when it had the last."""
    network = build(nx.path_graph(3), RipOptions(split_horizon=split_horizon), seed=2)
    network.run(100)
    network.impair(link(0, 1), loss=1.0)
    network.cut(link(1, 2))
    network.run(0.5)
    network.impair(link(0, 1))
    seen, start, last = [], network.now, network.now
    for _ in range(1000):
        row = rows(network, "1").get("lan-2")
        metric = row["metric"] if row else None
        if [metric] != seen[-1:]:
            seen.append(metric)
            last = network.now
        network.run(0.2)
    return seen, last - start


def test_without_split_horizon_the_routers_count_to_infinity():
    """3.4.2: "the metrics may increase slowly […] until they finally reach infinity"."""
    metrics, took = metrics_after_the_cut("off")
    assert metrics[0] == 16
    counted = metrics[1 : metrics.index(16, 1) + 1]
    assert len(counted) > 5
    assert counted == sorted(set(counted))
    assert max(counted) == 16
    assert metrics[-1] is None
    # 16 steps of a triggered update's 5 s each way, and then the garbage-collection time
    assert took < 16 * 2 * 5 + 120


@pytest.mark.parametrize("split_horizon", ["on", "poisoned"])
def test_with_split_horizon_they_do_not(split_horizon):
    """3.4.3: "Split horizon" is a scheme for avoiding problems caused by including routes in updates sent to the
    router from which they were learned."""
    metrics, took = metrics_after_the_cut(split_horizon)
    assert metrics == [16, None]
    assert took < 121
