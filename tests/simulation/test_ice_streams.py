"""Data streams over real supernodes: what is gathered, which way is found, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from network import Network, Node
from phone_world import Gate, Router
from talker import Talker, introduce, servers, supernode

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Kind
from catenet.nodes.machine import Endpoint

LANS = {"east": "10.0.1.0/24", "west": "10.0.2.0/24", "middle": "10.0.3.0/24"}
SUPERNODES = [Endpoint(Address.parse("10.0.3.11"), 3478), Endpoint(Address.parse("10.0.3.12"), 3478)]


def world(blocked: Collection[str] = (), **more: Any) -> tuple[Network, Talker, Talker]:
    network = Network(seed=4)
    for name, prefix in LANS.items():
        network.add_lan(name, prefix)
    network.add_node("r", {name: prefix.replace("0/24", "1") for name, prefix in LANS.items()}, Router)
    for number, each in enumerate(SUPERNODES):
        network.add_node(
            f"s{number}", {"middle": str(each.address)}, Gate, lambda node: supernode(node, [*LANS.values()])
        )
    talkers: list[Talker] = []
    for name, lan, address, controlling in (("a", "east", "10.0.1.7", True), ("b", "west", "10.0.2.7", False)):

        def make(node: Node, controlling: bool = controlling) -> Talker:
            blocks = node.name in blocked
            talkers.append(
                Talker(node, controlling=controlling, servers=servers(SUPERNODES), udp_blocked=blocks, **more)
            )
            return talkers[-1]

        network.add_node(name, {lan: address}, make, Gate)
    return network, talkers[0], talkers[1]


def test_each_server_gives_a_relayed_address_and_tells_how_it_sees_the_port() -> None:
    network, one, _ = world()
    network.run(1.0)
    assert one.stream.is_gathered(network.now)
    kinds = [each.kind for each in one.stream.candidates]
    assert kinds == [Kind.HOST, Kind.RELAYED, Kind.RELAYED], "no translator, so it is seen as it is"
    assert {each.endpoint.address for each in one.stream.candidates[1:]} == {each.address for each in SUPERNODES}
    assert len({each.priority for each in one.stream.candidates}) == 3


def test_two_that_reach_each_other_need_no_relay() -> None:
    network, one, other = world()
    network.run(1.0)
    introduce(network, one, other)
    network.run(2.0)
    assert one.stream.agent.selected is not None and one.stream.agent.selected.local.kind is Kind.HOST
    network.call("a", lambda machine, now: one.stream.send(b"\x80hello"))
    network.run(0.1)
    assert other.heard == [b"\x80hello"]


def test_two_that_show_only_their_relays_talk_by_them() -> None:
    network, one, other = world(relayed_only=True)
    network.run(1.0)
    introduce(network, one, other)
    network.run(4.0)
    assert one.stream.agent.selected is not None and other.stream.agent.selected is not None
    assert one.stream.agent.selected.local.kind is Kind.RELAYED
    for _ in range(3):
        network.call("a", lambda machine, now: one.stream.send(b"\x80hello"))
        network.call("b", lambda machine, now: other.stream.send(b"\x80hi"))
    network.run(0.1)
    assert (one.heard, other.heard) == (3 * [b"\x80hi"], 3 * [b"\x80hello"])


@pytest.mark.parametrize("blocked", [("a",), ("a", "b")])
def test_where_udp_is_blocked_a_supernode_is_reached_by_tcp(blocked: Collection[str]) -> None:
    network, one, other = world(blocked)
    network.run(3.5)
    assert one.stream.is_gathered(network.now)
    assert [each.kind for each in one.stream.candidates] == [Kind.HOST, Kind.RELAYED, Kind.RELAYED]
    introduce(network, one, other)
    network.run(4.0)
    assert one.stream.agent.selected is not None and other.stream.agent.selected is not None
    assert one.stream.agent.selected.local.kind is Kind.RELAYED
    network.call("a", lambda machine, now: one.stream.send(b"\x80hello"))
    network.call("b", lambda machine, now: other.stream.send(b"\x80hi"))
    network.run(0.1)
    assert (one.heard, other.heard) == ([b"\x80hi"], [b"\x80hello"])


def test_a_supernode_that_is_away_is_waited_for_no_longer_than_a_call_can() -> None:
    network, one, _ = world()
    network.kill("s1")
    network.run(2.9)
    assert not one.stream.is_gathered(network.now)
    network.run(0.2)
    assert one.stream.is_gathered(network.now)
    assert [each.kind for each in one.stream.candidates] == [Kind.HOST, Kind.RELAYED]
