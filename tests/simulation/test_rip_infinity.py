"""Counting to infinity (RFC 2453 section 3.4.2): what it needs, where it ends, and what prevents it.

Routers 0 – 1 – 2 in a line. First the link between 1 and 2 is cut, and the bad news from 1 to 0 is lost. Then as in
labs/count-to-infinity: the LANs of both ends die at once, and nothing is lost but time.
"""

from __future__ import annotations

import networkx as nx
import pytest
from rip_world import build, link, rip, rows

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


UPDATE = 2.0
DEAD = ("lan-0", "lan-2")
SEEDS = range(8)


def storm(seed, *, ring=False, dead=DEAD, **options):
    """Both ends' LANs die at once: seconds until no route to them is left, the highest metric, the messages."""
    graph = nx.cycle_graph(3) if ring else nx.path_graph(3)
    costs = {"cost": {link(0, 2): 3}} if ring else {}  # the long way round
    timers = {"update": UPDATE, "timeout": 6 * UPDATE, "garbage": 3 * UPDATE}
    network = build(graph, RipOptions(**timers, **costs, **options), seed)
    network.run(30 + seed / 7)
    before = messages(network)
    for lan in dead:
        network.cut(lan)
    start, highest = network.now, 0
    while known := [metric for node in "012" for metric in usable(network, node, dead)]:
        highest = max(highest, *known)
        network.run(0.05)
        assert network.now < start + 100, seed
    return network.now - start, highest, messages(network) - before


def usable(network, node, lans):
    metrics = [rows(network, node).get(lan, {"metric": 16})["metric"] for lan in lans]
    return [metric for metric in metrics if metric < 16]


def messages(network):
    counters = [rip(network, node).status(network.now)["counters"] for node in "012"]
    return sum(count for each in counters for word, count in each.items() if word.startswith("sent."))


@pytest.mark.parametrize("seed", SEEDS)
def test_who_speaks_first_after_the_storm_spreads_the_others_stale_route(seed):
    """3.4.2: from 3 to 16 by two in about every update; a regular update is 5/6 to 7/6 of one (3.8)."""
    took, highest, _ = storm(seed, split_horizon="off", triggered="off")
    assert highest == 15
    assert 5 * UPDATE * 5 / 6 < took < 9 * UPDATE * 7 / 6


@pytest.mark.parametrize("split_horizon", ["on", "poisoned"])
@pytest.mark.parametrize("seed", SEEDS)
def test_split_horizon_lets_the_bad_news_pass(seed, split_horizon):
    """3.4.3; two regular updates, one at each hop."""
    took, highest, sent = storm(seed, split_horizon=split_horizon, triggered="off")
    assert highest <= 3
    assert took < 2 * UPDATE * 7 / 6 + 0.1
    assert sent < storm(seed, split_horizon="off", triggered="off")[2]


@pytest.mark.parametrize("split_horizon", ["on", "poisoned"])
@pytest.mark.parametrize("seed", SEEDS)
def test_split_horizon_does_not_break_a_loop_of_three(seed, split_horizon):
    """3.4.3: "it is still possible to end up with patterns in which three routers are engaged in mutual deception." """
    _, highest, _ = storm(seed, ring=True, split_horizon=split_horizon, triggered="off")
    assert highest > 10


@pytest.mark.parametrize("ring", [False, True])
def test_triggered_updates_make_it_short(ring):
    """3.4.4: "very little time"; even where a regular update slips between and they count, and that is seldom."""
    horizon = "poisoned" if ring else "off"
    runs = [storm(seed, ring=ring, split_horizon=horizon) for seed in SEEDS]
    slow = [storm(seed, ring=ring, split_horizon=horizon, triggered="off") for seed in SEEDS]
    assert max(took for took, _, _ in runs) < min(took for took, _, _ in slow)
    assert sum(highest > 3 for _, highest, _ in runs) < len(SEEDS) / 2


def test_with_one_network_dead_it_is_a_lottery():
    highest = [storm(seed, dead=DEAD[:1], split_horizon="off", triggered="off")[1] for seed in SEEDS]
    assert {3, 15} == set(highest)
