"""RIP routers, many at a time, in topologies that have a name: their tables end as networkx says, and soon."""

from __future__ import annotations

import networkx as nx
import pytest
from rip_world import add_router, assert_packets_arrive, build, converged, link, oracle, rip, table

from catenet.nodes.internet.rip.config import RipOptions

SETTLED = 300.0
"""Seconds at the RFC's timers in which everything here converges: timeout and garbage together."""

TOPOLOGIES = {
    "pair": nx.path_graph(2),
    "line of 15": nx.path_graph(15),
    "ring of 5": nx.cycle_graph(5),
    "ring of 30": nx.cycle_graph(30),
    "star": nx.star_graph(12),
    "full mesh": nx.complete_graph(8),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(5, 5)),
    "Petersen": nx.petersen_graph(),
    "tree": nx.balanced_tree(2, 4),
}


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_converges_to_shortest_paths(name):
    network = build(TOPOLOGIES[name])
    assert network.run_until(lambda: converged(network), within=60) is not None
    network.run(600)
    assert converged(network)
    assert_packets_arrive(network)


def test_a_network_beyond_metric_15_stays_unreachable():
    network = build(nx.path_graph(18))
    network.run(SETTLED)
    assert converged(network)
    assert table(network, "0")["lan-14"] == 15
    assert "lan-15" not in table(network, "0")


def test_a_paused_router_is_no_different_from_a_dead_one():
    """Claim A14: its peers cannot tell a slow one from a dead one."""
    tables = []
    for fault in ("kill", "pause"):
        network = build(nx.cycle_graph(5), seed=5)
        network.run(SETTLED)
        getattr(network, fault)("2")
        network.run(400)
        tables.append({name: table(network, name) for name in "0134"})
        assert "lan-2" not in tables[-1]["1"]
        getattr(network, {"kill": "start", "pause": "resume"}[fault])("2")
        network.run(SETTLED)
        assert converged(network)
    assert tables[0] == tables[1]


def test_a_silent_link_is_noticed_by_the_timeout():
    network = build(nx.cycle_graph(4))
    network.run(SETTLED)
    network.cut(link(0, 1), silent=True)
    network.run(60)
    assert not converged_elsewhere(network)
    assert network.run_until(lambda: converged_elsewhere(network), within=300) is not None


def converged_elsewhere(network):
    """Whether routers 0 and 1 reach each other's LAN the other way round."""
    return table(network, "0").get("lan-1") == table(network, "1").get("lan-0") == 4


def test_a_cut_link_is_detoured_at_once():
    """The neighbours are asked: no waiting for the next update, 30 s away at most."""
    network = build(nx.cycle_graph(4))
    network.run(SETTLED)
    network.cut(link(0, 1))
    took = network.run_until(lambda: converged_elsewhere(network), within=60)
    assert took is not None
    assert took < 10


@pytest.mark.parametrize("gap", [0.0, 0.035, 1.0])
def test_a_healed_link_is_used_at_once_whichever_end_comes_up_first(gap):
    """The first end asks when nobody listens yet; the last one is heard."""
    network = build(nx.cycle_graph(4))
    network.run(SETTLED)
    network.cut(link(0, 1))
    network.run(SETTLED)
    network.heal(link(0, 1), gap=gap)
    network.run(gap + 0.01)
    assert table(network, "0")["lan-1"] == table(network, "1")["lan-0"] == 2


def test_a_healed_link_is_used_soon_though_what_is_said_in_the_first_moment_is_lost():
    network = build(nx.cycle_graph(4))
    network.run(SETTLED)
    network.cut(link(0, 1))
    network.run(SETTLED)
    network.impair(link(0, 1), loss=1.0)
    network.heal(link(0, 1))
    network.run(0.05)
    network.impair(link(0, 1))
    network.run(5.0)
    assert table(network, "0")["lan-1"] == table(network, "1")["lan-0"] == 2


def test_a_leaving_router_takes_its_networks_along_at_once():
    network = build(nx.path_graph(4))
    network.run(SETTLED)
    network.call("3", lambda machine, now: machine.shutdown())
    network.run(20)
    assert all("lan-3" not in table(network, name) for name in "012")


def test_a_router_that_joins_is_known_to_all():
    network = build(nx.cycle_graph(4))
    network.kill("2")
    network.run(SETTLED)
    network.start("2")
    took = network.run_until(lambda: converged(network), within=60)
    assert took is not None


def test_several_routers_on_one_lan_and_whole_tables_of_many_messages():
    """60 networks are three messages of at most 25 entries; the LAN's split horizon serves all routers on it."""
    network = build(nx.empty_graph(0), record=True)
    network.add_lan("shared", "10.200.0.0/24")
    options = RipOptions()
    for router in range(3):
        lans = {"shared": f"10.200.0.{router + 1}"}
        for number in range(20):
            network.add_lan(f"n{router}-{number}", f"10.{router}.{number}.0/24")
            lans[f"n{router}-{number}"] = f"10.{router}.{number}.1"
        add_router(network, f"r{router}", lans, options)
    network.run(120)
    assert converged(network)
    assert len(oracle(network)["r0"]) == 61
    sizes = [(len(hop.packet.data) - 4) / 20 for hop in network.record]
    assert max(sizes) == 25
    assert rip(network, "r0").status(network.now)["neighbours"][0]["messages"] > 0


def test_an_hour_of_fifteen_routers_stays_converged_and_quiet():
    graph = nx.gnm_random_graph(15, 22, seed=3)
    network = build(graph)
    network.run(3600)
    assert converged(network)
    assert network.sent < 20_000
