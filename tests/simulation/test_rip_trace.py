"""Where routes come from, told by simulated routers: what `catenet trace route` follows is the packet's way."""

from __future__ import annotations

import pytest
from network import Network, Node
from rip_world import UNREACHABLE, rip, rows

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.fields import read
from catenet.nodes.control.origin import RouteOrigin
from catenet.nodes.control.questions import Answer
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.internet.rip.machine import RipMachine
from catenet.orchestrator.trace.route import RouteTrace, follow

SQUARE = {"ab": "a b", "bc": "b c", "cd": "c d", "da": "d a"}
"""Four routers in a ring, a LAN of its own on each."""
OPTIONS = RipOptions(update=2.0, timeout=6.0, garbage=4.0)


def ring(seed: int) -> Network:
    network = Network(seed)
    for number, link in enumerate(SQUARE, 1):
        network.add_lan(link, f"10.0.{number}.0/24")
    for number, node in enumerate("abcd", 1):
        network.add_lan(f"lan-{node}", f"10.1.{number}.0/24")
        places = {f"lan-{node}": f"10.1.{number}.1"}
        places |= {
            link: f"10.0.{list(SQUARE).index(link) + 1}.{number}"
            for link, ends in SQUARE.items()
            if node in ends.split()
        }
        owners = {str(Address.parse(address)): node for address in places.values()}
        NAMES.update(owners)
        network.add_node(node, places, make)
    return network


def make(node: Node) -> RipMachine:
    return RipMachine(OPTIONS, node.interfaces, node.random, lambda a: NAMES.get(str(a), str(a)), remember=True)


NAMES: dict[str, str] = {}


def trace(network: Network, node: str, lan: str) -> RouteTrace:
    prefix = network.lans[lan].prefix

    def say(name: str) -> Answer:
        if network.nodes[name].machine is None:
            return Answer(error="exited (137)")
        explained = rip(network, name).explain(prefix, network.now)
        kernel = [
            {
                "prefix": str(each),
                "via": str(via),
                "node": NAMES[str(via)],
                "lan": over,
                "protocol": "rip",
                "metric": 120,
            }
            for each, [(via, over)] in network.nodes[name].kernel.items()
            if each == prefix
        ]
        told = None if explained is None else explained.to_json()
        return Answer({"prefix": str(prefix), "kernel": kernel, "services": {"rip": told}})

    return follow(node, lan, prefix, lambda name: read(say(name), RouteOrigin.parse), network.nodes)


def assert_right(network: Network) -> None:
    """From every router to every LAN: the chain is the way that a packet takes, and each metric one more."""
    for node in "abcd":
        for owner in set("abcd") - {node}:
            done = trace(network, node, f"lan-{owner}")
            way = network.path(node, network.lans[f"lan-{owner}"].members[owner])
            assert [hop.node for hop in done.hops] == [*reversed(way)]
            assert [hop.kind for hop in done.hops] == ["own"] + ["protocol"] * (len(way) - 1)
            assert [hop.metric for hop in done.hops] == list(range(1, len(way) + 1))
            for before, hop in zip(done.hops, done.hops[1:], strict=False):
                assert (hop.source, hop.carried, hop.cost, hop.note) == (before.node, before.metric, 1, "")
                assert hop.at is not None and hop.refreshed is not None
                assert hop.at <= hop.refreshed <= network.now
            assert done.history[-1].metric == done.hops[-1].metric
            assert done.rivals or len(way) == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_chain_is_the_way_and_so_it_is_after_a_cut_and_its_healing(seed: int) -> None:
    network = ring(seed)
    network.run(10)
    assert_right(network)
    network.cut("ab")
    network.run(10)
    done = trace(network, "a", "lan-b")
    assert [hop.node for hop in done.hops] == ["b", "c", "d", "a"]
    causes = [turn.cause for turn in done.history]
    assert causes[0] in ("b's update", "b's answer") and "ab went down" in causes
    assert causes[-1] in ("d's update", "d's answer")
    network.heal("ab")
    network.run(10)
    assert_right(network)


def test_a_triggered_update_is_told_from_a_regular_one_by_who_sent_it() -> None:
    network = ring(seed=1)
    network.run(10)
    network.cut("bc")
    network.run_until(lambda: trace(network, "d", "lan-b").hops[-1].source == "a", within=10)
    network.run(5)
    lost = network.now
    network.cut("lan-b")  # b's own LAN fails: a hears at once, and d from a
    network.run(1)
    network.heal("lan-b")
    network.run(1)
    done = trace(network, "a", "lan-b")
    assert done.hops[-1].message == "triggered update"
    assert done.hops[0].note == "lan-b came up" and done.hops[0].at is not None and done.hops[0].at > lost


def test_a_dead_router_ends_the_chain_and_later_the_route_is_lost() -> None:
    network = ring(seed=3)
    network.run(10)
    network.cut("cd")
    network.run(5)
    network.kill("b")
    done = trace(network, "a", "lan-c")
    assert [(hop.node, hop.kind) for hop in done.hops] == [("b", "silent"), ("a", "protocol")]
    assert done.hops[0].note == "exited (137)"
    network.run(8)
    done = trace(network, "a", "lan-c")
    assert [(hop.node, hop.kind, hop.note) for hop in done.hops] == [("a", "lost", "timed out")]
    assert not done.found
    assert rows(network, "a").get("lan-c", {"metric": UNREACHABLE})["metric"] == UNREACHABLE
    network.run(10)
    assert trace(network, "a", "lan-c").history[-1].cause == "timed out"  # the table has forgotten it


def test_a_prefix_that_nobody_knows() -> None:
    network = ring(seed=1)
    network.run(5)
    prefix = Prefix.parse("192.0.2.0/24")
    done = follow("a", "x", prefix, lambda _: RouteOrigin("192.0.2.0/24"), network.nodes)
    assert [hop.kind for hop in done.hops] == ["none"]
    assert not done.found
