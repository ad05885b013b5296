"""Measured costs in networks whose links change their delay: routes leave a slowed link, come back, and do not flap."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest
from network import Network
from ospf_world import build_lans, database, oracle, rows, running, table
from seeds import seeds

from catenet.nodes.internet.ospf.config import OspfOptions

FAST, SLOW = 0.0002, 0.02
"""Seconds one way: a round trip of 0.4 ms costs 1, one of 40 ms costs 41."""
SEEDS = (1, 7, 1979, 1987)


def ring(size: int, seed: int = 1, *, network: str = "point-to-point", **options: object) -> Network:
    """Each router with a LAN of its own, `lan-0`, and measured links, `0--1`."""
    links = {f"{min(ends)}--{max(ends)}": [str(end) for end in ends] for ends in nx.cycle_graph(size).edges}
    own = {f"lan-{number}": [str(number)] for number in range(size)}
    return measured(
        {**own, **links}, dict.fromkeys(links, "measured"), seed, network=dict.fromkeys(links, network), **options
    )


def measured(lans: dict[str, list[str]], costs: dict[str, object], seed: int = 1, **options: object) -> Network:
    chosen = OspfOptions(cost=costs, hello=1, dead=4, **options)
    made = build_lans(lans, lambda router: chosen, seed, icmp=True)
    for lan in made.lans:
        made.lans[lan].delay = FAST
    return made


def slow(network: Network, lan: str, delay: float = SLOW, jitter: float = 0.0) -> None:
    """From now on each way takes so long, and up to `jitter` seconds longer; of that the wire itself takes FAST."""
    network.impair(lan, delay=delay - FAST + jitter / 2, jitter=jitter / 2)


def interface(network: Network, node: str, lan: str) -> dict:
    return next(row for row in rows(network, node, "ospf interfaces") if row["lan"] == lan)


def cost(network: Network, node: str, lan: str) -> int:
    return interface(network, node, lan)["cost"]


def changes(network: Network, node: str) -> list[tuple[float, str, int]]:
    """Every change of a cost at a router: when, of which LAN, to what."""
    reports = [said for said in network.nodes[node].said if said.report.kind == "cost.changed"]
    return [(said.at, said.report.data["lan"], said.report.data["cost"]) for said in reports]


def shown(network: Network) -> dict[str, dict[str, int]]:
    """Every router's costs as it has them now: what the oracle goes by."""
    return {
        name: {row["lan"]: row["cost"] for row in rows(network, name, "ospf interfaces")} for name in running(network)
    }


def goes_by(network: Network, node: str, lan: str) -> frozenset[str]:
    return table(network, node)[lan][1]


def test_traffic_leaves_a_slowed_link_and_comes_back_when_it_is_fast_again() -> None:
    """Three windows of 4 s, and the rest of one that was about to end."""
    network = ring(3)
    network.run(30)
    assert (changes(network, "0"), table(network, "0")["lan-1"]) == ([], (2, frozenset("1")))
    slow(network, "0--1")
    left = network.run_until(lambda: goes_by(network, "0", "lan-1") == frozenset("2"), within=20)
    assert left is not None and 12 <= left <= 17
    network.run(20)
    assert (cost(network, "0", "0--1"), cost(network, "1", "0--1")) == (41, 41)
    assert table(network, "0")["lan-1"] == (3, frozenset("2"))
    network.impair("0--1")
    back = network.run_until(lambda: goes_by(network, "0", "lan-1") == frozenset("1"), within=20)
    (turn,) = [each.report for each in network.nodes["0"].said if each.report.kind == "route.changed"][-1:]
    assert turn.data["cause"].startswith("cost of 0--1 is 1, was 41: a round trip there takes 0.4 ms")
    assert back is not None and 8 <= back <= 13
    network.run(60)
    for end in "01":
        assert [change[1:] for change in changes(network, end)] == [("0--1", 41), ("0--1", 1)]
    assert {name: table(network, name) for name in network.nodes} == oracle(network, shown(network))


def test_a_new_link_has_its_cost_within_four_seconds() -> None:
    """The first Echo is sent within half a second, the next are 0.1 s apart. What the LSA says follows by
    MinLSInterval."""
    network = ring(3)
    slow(network, "1--2", 0.005)
    took = network.run_until(lambda: cost(network, "1", "1--2") == 11, within=10)
    assert took is not None and took < 4
    assert interface(network, "0", "0--1")["changed"] is None
    network.run(5)
    assert table(network, "1")["lan-2"] == (3, frozenset("0"))


@pytest.mark.parametrize("seed", seeds(*SEEDS[:2]))
@pytest.mark.parametrize(("delay", "jitter"), [(0.02, 0.005), (0.005, 0.005), (0.01, 0.02), (FAST, 0.02)])
def test_jitter_flaps_no_route(delay: float, jitter: float, seed: int) -> None:
    """Each way of each Echo takes longer by up to the jitter, as chance has it. After a minute a cost has been found;
    in the next twenty it is put right once at most."""
    network = ring(3, seed)
    slow(network, "0--1", delay, jitter)
    network.run(60)
    before = {end: len(changes(network, end)) for end in "01"}
    network.run(1200)
    assert max(len(changes(network, end)) - before[end] for end in "01") <= 1
    least, most = 1 + 2000 * delay, 1 + 2000 * (delay + jitter)
    assert least <= cost(network, "0", "0--1") + 1 and cost(network, "0", "0--1") <= most


def test_without_smoothing_the_same_jitter_flaps_routes_all_the_time() -> None:
    """What smoothing is for. Two changes are 5 s apart all the same, so the router says no more than it may say."""
    network = ring(3, 1, smoothing="off")
    slow(network, "0--1", FAST, 0.002)
    network.run(600)
    at = [each[0] for each in changes(network, "0")]
    assert len(at) > 60
    assert min(later - sooner for sooner, later in itertools.pairwise(at)) > 4.99
    said = [each for each in network.nodes["0"].said if each.report.kind == "lsa.originated"]
    assert len(said) <= len(at) + 2
    assert sum(each.report.kind == "route.changed" for each in network.nodes["0"].said) > 30


def test_where_nobody_answers_the_cost_stays_and_show_says_so() -> None:
    """A neighbour that is a router and answers no Echo: OSPF goes on, at the cost of before."""
    network = ring(3)
    slow(network, "0--1")
    network.run(30)
    assert cost(network, "0", "0--1") == 41
    network.icmp = False
    network.impair("0--1")
    network.run(60)
    row = interface(network, "0", "0--1")
    assert (row["cost"], row["measured"], row["full"]) == (41, "nobody answers: the cost stays", 1)
    assert row["round_trips"] == [
        {"node": "1", "last": 40.0, "least": None, "window": [None] * 8, "open": 6},
    ]


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_loss_alone_changes_no_cost(seed: int) -> None:
    network = ring(3, seed, network="point-to-point")
    for lan in ("0--1", "1--2"):
        network.impair(lan, delay=0.0018, loss=0.2)
    network.run(60)
    before = {end: changes(network, end) for end in "012"}
    network.run(600)
    assert {end: changes(network, end) for end in "012"} == before


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_two_ends_that_find_different_costs_for_a_link_are_right_each_by_its_own(seed: int) -> None:
    """Their last round trips before nobody answers any more. The way there and the way back may differ then."""
    network = ring(4, seed, smoothing="off")
    for lan in network.lans:
        slow(network, lan, FAST, 0.02 if "--" in lan else 0.0)
    network.run(60)
    network.icmp = False
    network.run(30)
    ends = {lan: {cost(network, end, lan) for end in each.members} for lan, each in network.lans.items() if "--" in lan}
    assert any(len(costs) == 2 for costs in ends.values())
    assert {name: table(network, name) for name in network.nodes} == oracle(network, shown(network))


def test_a_shared_network_is_left_when_all_of_it_is_slow() -> None:
    """Another one joins the same routers, at the cost of 9. Who is neither Designated Router nor Backup asks these
    two alone, and comes to the same."""
    names = [f"r{number}" for number in range(1, 6)]
    lans = {"shared": names, "spare": names, **{f"own-{name}": [name] for name in names}}
    network = measured(lans, {"shared": "measured", "spare": 9})
    network.run(30)
    used = {
        name: {hop.interface for hops in node.kernel.values() for hop in hops} for name, node in network.nodes.items()
    }
    assert used == {name: {"shared"} for name in names}
    slow(network, "shared")
    network.run(30)
    used = {
        name: {hop.interface for hops in node.kernel.values() for hop in hops} for name, node in network.nodes.items()
    }
    assert used == {name: {"spare"} for name in names}
    assert sorted(len(interface(network, name, "shared")["round_trips"]) for name in names) == [2, 2, 2, 4, 4]


def test_a_cut_link_keeps_its_cost_and_is_measured_anew_once_it_is_healed() -> None:
    network = ring(3)
    slow(network, "0--1")
    network.run(30)
    network.cut("0--1")
    network.impair("0--1")
    network.run(10)
    assert (cost(network, "0", "0--1"), interface(network, "0", "0--1")["measured"][:6]) == (41, "nobody")
    network.heal("0--1")
    took = network.run_until(lambda: cost(network, "0", "0--1") == 1, within=10)
    assert took is not None and took < 4


@pytest.mark.parametrize("seed", seeds(*SEEDS))
def test_in_the_end_every_table_is_a_shortest_path_table_of_the_measured_costs(seed: int) -> None:
    """Links of a ring of eight get slow and fast by turns; then it is quiet."""
    network = ring(8, seed)
    lans = [lan for lan in network.lans if "--" in lan]
    for step in range(12):
        chosen = lans[(seed * 31 + step * 7) % len(lans)]
        slow(network, chosen, SLOW if step % 2 == 0 else FAST, 0.0004)
        network.run(7.3)
    network.run(60)
    assert {name: table(network, name) for name in network.nodes} == oracle(network, shown(network))
    assert len({tuple(sorted(database(network, name).items())) for name in network.nodes}) == 1
