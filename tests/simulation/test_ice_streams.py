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
from catenet.nodes.application.ice.datastream import DataStream
from catenet.nodes.application.ice.timing import Timing
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


def by_relays() -> tuple[Network, Talker, Talker]:
    """Two that show nothing but their relays, and have found each other."""
    network, one, other = world(relayed_only=True)
    network.run(1.0)
    introduce(network, one, other)
    network.run(4.0)
    return network, one, other


def another(network: Network, one: Talker) -> DataStream:
    """A stream on the port that the talker's had, which knows nothing of that."""
    random = network.nodes["a"].random
    return DataStream(
        one.stream.base,
        servers(SUPERNODES),
        Timing(),
        controlling=True,
        entropy=random.randbytes,
        randomness=random,
        count=lambda counter, by=1: None,
    )


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
    network, one, other = by_relays()
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


def relays(network: Network) -> list[int]:
    """How many allocations each supernode has."""
    shown = [network.nodes[f"s{number}"].processes[1].machine.show("supernode", network.now) for number in range(2)]
    return [len(each["allocations"]) for each in shown]


def test_the_relays_that_carry_nothing_are_given_back_three_seconds_after_the_nomination() -> None:
    """RFC 8445 section 8.3."""
    network, one, other = world(relayed_only=True)
    network.run(1.0)
    introduce(network, one, other)
    assert network.run_until(lambda: bool(one.stream.usable and other.stream.usable), within=4.0) is not None
    network.run(2.8)
    assert relays(network) == [2, 2]
    network.run(1.0)
    assert relays(network) == [2, 0]
    network.call("a", lambda machine, now: one.stream.send(b"\x80hello"))
    network.run(0.1)
    assert other.heard == [b"\x80hello"]


def test_after_the_nomination_data_go_by_a_channel_with_four_octets_of_header() -> None:
    network, one, other = by_relays()
    network.call("a", lambda machine, now: one.stream.send(b"\x80hello"))
    network.run(0.1)
    assert other.heard == [b"\x80hello"]
    # what it sends is a channel's datagram, the first of RFC 8656 section 12's
    one.stream.send(b"\x80hello")
    [leaving] = one.stream.take_sends()
    assert leaving.data == b"\x40\x00\x00\x06\x80hello"


def test_a_stream_whose_relay_is_gone_is_not_usable_though_the_peer_consents() -> None:
    _, one, _ = by_relays()
    pair = one.stream.usable
    assert pair is not None
    server = next(each for each in SUPERNODES if each.address == pair.local.endpoint.address)
    one.stream._relays[server].lose("the connection has ended")
    assert one.stream.agent.may_send and one.stream.usable is None
    assert not one.stream.send(b"\x80hello")


def test_who_waits_for_a_silent_server_is_woken_when_something_is_due_and_not_all_the_time() -> None:
    network, one, _ = world()
    network.kill("s1")
    one.stream = another(network, one)
    one.stream.gather(0.0)
    now, times = 0.0, 0
    while (due := one.stream.next_wake()) is not None and due < 60.0:
        assert due >= now
        now, times = due, times + 1
        one.stream.wake(now)
        one.stream.take_sends()
        assert times < 40
    assert one.stream.is_gathered(3.0)


def test_what_is_said_of_a_server_that_it_does_not_have_is_passed_over() -> None:
    _, one, _ = world()
    stranger = Endpoint(Address.parse("10.0.3.99"), 3478)
    one.stream.connected(stranger, 1.0)
    one.stream.connection_ended(stranger)
    assert one.stream.take_connections() == []


def test_a_port_that_had_an_allocation_in_an_earlier_life_gives_it_back_and_has_a_new_one() -> None:
    """RFC 8656 section 7.2: of a known 5-tuple, the answer is 437."""
    network, one, _ = world()
    network.run(1.0)
    first = {each.endpoint for each in one.stream.candidates if each.kind is Kind.RELAYED}
    one.stream = another(network, one)
    network.call("a", lambda machine, now: one.stream.gather(now))
    network.run(1.0)
    again = {each.endpoint for each in one.stream.candidates if each.kind is Kind.RELAYED}
    assert len(again) == 2 and first.isdisjoint(again)
    assert relays(network) == [2, 2], "the other talker's, and one of its own"
