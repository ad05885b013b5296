"""OSPF in small networks: how fast, and by what, they get over what befalls them."""

from __future__ import annotations

import networkx as nx
import pytest
from network import Network
from ospf_world import build_lans, database, oracle, ospf, rows, states, summary, table

from catenet.nodes.address import Prefix
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.ospf.packet import Hello, Packet

FULL = "Full"


def ring(size: int, **options: object) -> Network:
    """Each router with a LAN of its own, and point-to-point links."""
    lans = {f"lan-{number}": [str(number)] for number in range(size)}
    lans |= {f"{min(ends)}--{max(ends)}": [str(end) for end in ends] for ends in nx.cycle_graph(size).edges}
    chosen = OspfOptions(network=dict.fromkeys(lans, "point-to-point"), **options)
    return build_lans(lans, lambda router: chosen, record=True)


def shared(size: int = 4, **options: object) -> Network:
    """One LAN of routers, each with a LAN of its own."""
    names = [f"r{number}" for number in range(1, size + 1)]
    lans = {"lan": names, **{f"own-{name}": [name] for name in names}}
    return build_lans(lans, lambda router: OspfOptions(**options), record=True)


def converged(network: Network) -> bool:
    return all(table(network, name) == right for name, right in oracle(network, costs(network)).items())


def costs(network: Network) -> dict[str, dict[str, int]]:
    return {name: {} for name in network.nodes}


def after(network: Network, within: float = 60.0) -> float:
    """In how many seconds the tables are right."""
    took = network.run_until(lambda: converged(network), within=within, step=0.01)
    assert took is not None
    return took


def test_two_routers_on_a_link_are_full_at_once() -> None:
    """No timer of the protocol is waited for: not HelloInterval, not RxmtInterval."""
    network = ring(3)
    assert after(network) < 0.5
    assert set(states(network, "0").values()) == {FULL}


def test_a_cut_link_is_detoured_at_once_and_used_again_at_once() -> None:
    network = ring(6)
    network.run(30)
    network.cut("0--1")
    assert after(network) < 0.1
    network.run(30)
    network.heal("0--1")
    assert after(network) < 0.3


def test_a_link_whose_ends_come_up_one_after_the_other_is_used_at_once() -> None:
    """The first LSA of a router says already that it has the neighbour: the next could follow only 5 s later."""
    network = ring(6)
    network.run(30)
    network.cut("0--1")
    network.run(30)
    network.heal("0--1", gap=0.2)
    network.run(0.2)
    assert after(network) < 0.5


def test_a_link_that_falls_silent_is_detoured_by_the_dead_interval() -> None:
    network = ring(6, hello=1, dead=4)
    network.run(30)
    network.cut("0--1", silent=True)
    assert 2.9 < after(network) < 4.2


def test_a_router_that_dies_and_comes_back() -> None:
    network = ring(6, hello=1, dead=4)
    network.run(30)
    network.kill("3")
    assert after(network) < 4.2
    network.run(20)
    network.start("3")
    assert after(network) < 1.5


def test_a_router_that_leaves_is_forgotten_at_once() -> None:
    network = ring(6)
    network.run(30)
    network.call("3", lambda machine, now: machine.shutdown())
    network.kill("3")
    assert after(network) < 0.2
    network.run(60)
    assert not [key for key in database(network, "0") if key[2] == str(network.lans["lan-3"].members["3"])]


def test_on_a_lan_all_are_full_with_two_and_two_way_with_each_other() -> None:
    network = shared()
    network.run(60)
    assert states(network, "r4") == {("lan", name): FULL for name in ("r1", "r2", "r3")}
    assert states(network, "r1") == {("lan", "r2"): "2-Way", ("lan", "r3"): FULL, ("lan", "r4"): FULL}
    assert converged(network)


def test_the_designated_routers_death_costs_no_more_than_the_dead_interval() -> None:
    """The routes between the others are never lost: the Backup has all adjacencies already."""
    network = shared(hello=1, dead=4)
    network.run(30)
    kernel = dict(network.nodes["r1"].kernel)
    network.kill("r4")
    lost = []

    def gone() -> bool:
        lost.extend(prefix for prefix in kernel if prefix not in network.nodes["r1"].kernel)
        return converged(network)

    took = network.run_until(gone, within=20, step=0.002)
    assert took is not None
    assert took < 4.3
    assert set(lost) <= {network.lans["own-r4"].prefix}
    assert next(row["designated"] for row in rows(network, "r1", "ospf interfaces")) == "r3"


def test_a_router_that_joins_a_lan_leaves_its_designated_router_in_place() -> None:
    network = shared()
    network.run(60)
    network.kill("r4")
    network.run(60)
    network.start("r4")
    assert after(network) < 2
    assert next(row["designated"] for row in rows(network, "r4", "ospf interfaces")) == "r3"


def test_an_hour_of_fifteen_routers_is_quiet() -> None:
    """Hellos, and a refresh of each LSA in half an hour, acknowledged by each neighbour; no route changes."""
    graph = nx.gnm_random_graph(15, 22, seed=3)
    lans = {f"{min(ends)}--{max(ends)}": [str(end) for end in ends] for ends in graph.edges}
    options = OspfOptions(network=dict.fromkeys(lans, "point-to-point"))
    network = build_lans(lans, lambda router: options)
    network.run(60)
    calculations = [summary(network, name)["counters"]["calculations"] for name in network.nodes]
    changes = sum(len(node.said) for node in network.nodes.values())
    sent = network.sent
    network.run(3600)
    hellos = 2 * len(lans) * 360
    refreshes = 2 * 15 * len(lans) * 2 * 2
    assert network.sent - sent <= hellos + refreshes
    assert [summary(network, name)["counters"]["calculations"] for name in network.nodes] == calculations
    kinds = {said.report.kind for node in network.nodes.values() for said in node.said}
    assert changes
    assert "route.lost" not in kinds


def test_flooding_ends_and_each_lsa_crosses_a_link_once_in_each_direction_at_most() -> None:
    network = ring(6)
    network.run(30)
    assert network.record is not None
    network.record.clear()
    network.call("0", lambda machine, now: machine.set_interface(cut_off(network, "0", "lan-0"), now))
    network.run(10)
    floods = [hop for hop in network.record if hop.packet.data[1] == 4]
    assert len(floods) <= 2 * 6
    assert len({(hop.node, hop.packet.interface) for hop in floods}) == len(floods)


def cut_off(network: Network, node: str, lan: str) -> object:
    return network.nodes[node].by_lan[lan]._replace(up=False)


@pytest.mark.parametrize("options", [{"hello": 2, "dead": 8}, {"area": {"a--b": 1}}, {"auth": {"password": "word"}}])
def test_what_keeps_two_routers_apart_is_said_in_words(options: dict[str, object]) -> None:
    chosen = {"a": OspfOptions(hello=1, dead=4), "b": OspfOptions(**{"hello": 1, "dead": 4, **options})}
    network = build_lans({"a--b": ["a", "b"]}, lambda router: chosen[router])
    network.run(20)
    (row,) = rows(network, "a", "ospf neighbors")
    assert row["state"] == "Down"
    assert row["node"] == "b"
    assert any(word in row["cause"] for word in ("hello 2 s, here 1 s", "area 0.0.0.1, here 0.0.0.0", "password"))
    told = [said.report for said in network.nodes["a"].said if said.report.kind == "input.refused"]
    assert len(told) == 1


def test_a_larger_mtu_keeps_two_routers_apart() -> None:
    network = Network(1)
    from ospf_world import add_router

    network.add_lan("link", "10.0.0.0/24", mtu=1500)
    options = OspfOptions(network={"link": "point-to-point"})
    add_router(network, "a", {"link": "10.0.0.1"}, options)
    network.lans["link"].mtu = 9000
    add_router(network, "b", {"link": "10.0.0.2"}, options)
    network.run(20)
    assert rows(network, "a", "ospf neighbors")[0]["cause"] == "MTU 9000, here 1500"


def test_equal_costs_share_the_load_and_no_more_ways_than_ecmp_says() -> None:
    lans = {f"{one}{other}": [one, other] for one in "ad" for other in "bcxyz"}
    lans["far"] = ["d"]
    for most in (16, 2):
        options = OspfOptions(network=dict.fromkeys(lans, "point-to-point"), ecmp=most)
        network = build_lans(lans, lambda router, options=options: options)
        network.run(20)
        hops = network.nodes["a"].kernel[network.lans["far"].prefix]
        assert len(hops) == min(most, 5)
        assert list(hops) == sorted(hops)


def test_where_a_route_comes_from() -> None:
    network = ring(3)
    network.run(10)
    explanation = ospf(network, "0").explain(network.lans["lan-1"].prefix, network.now)
    assert explanation is not None
    assert (explanation.state, explanation.node, explanation.metric) == ("valid", "1", 2)
    assert explanation.learned is not None
    assert explanation.learned.message == "router-LSA of 1, 80000001"
    own = ospf(network, "0").explain(network.lans["lan-0"].prefix, network.now)
    assert own is not None
    assert (own.state, own.lan) == ("connected", "lan-0")
    assert ospf(network, "0").explain(Prefix.parse("9.9.9.0/24"), network.now) is None


def test_hellos_are_the_same_every_time_on_a_quiet_network() -> None:
    network = ring(3)
    network.run(60)
    assert network.record is not None
    network.record.clear()
    network.run(30)
    bodies = {(hop.node, hop.packet.interface, Packet.parse(hop.packet.data).body) for hop in network.record}
    assert all(isinstance(body, Hello) for _, _, body in bodies)
    assert len(bodies) == 9
