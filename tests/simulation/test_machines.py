"""The machines of tests/machines on the virtual clock; in containers: tests/labs/test_machines_in_containers.py."""

from __future__ import annotations

import pytest
from inboxes import Inbox
from machines.frames import Frames
from machines.hello import EVERY, GROUPS, Hello
from machines.relay import PORT, Relay
from machines.tls_echo import TlsEcho
from network import Network

from catenet.nodes.address import Address
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.machine import Datagram, Endpoint

LAN = "lan"
A, B, C = (Address.parse(f"10.0.0.{last}") for last in (1, 2, 3))


def three(make: type, **more: object) -> Network:
    network = Network(seed=1)
    network.add_lan(LAN, "10.0.0.0/24", **more)
    for name, address in (("a", A), ("b", B), ("c", C)):
        network.add_node(name, {LAN: str(address)}, lambda node: make(None, node.interfaces, node.random))
    return network


def heard(network: Network, name: str, kind: str) -> list[dict]:
    return [said.report.data for said in network.nodes[name].said if said.report.kind == kind]


def test_raw_packets_reach_who_has_joined_their_group_and_nobody_else() -> None:
    network = three(Hello)
    network.run(EVERY / 2)  # all have greeted both groups, and are in the first one
    assert {(each["from"], each["group"]) for each in heard(network, "a", "hello.heard")} == {
        (str(peer), str(GROUPS[0])) for peer in (B, C)
    }
    network.run(EVERY)
    assert {(each["from"], each["group"]) for each in heard(network, "a", "hello.heard")} == {
        (str(peer), str(group)) for peer in (B, C) for group in GROUPS
    }
    assert {(each["ttl"], each["tos"]) for each in heard(network, "a", "hello.heard")} == {(1, 0xC0)}
    assert network.nodes["a"].counters["refused.port"] == 2  # what came before it had joined


def test_each_client_has_a_port_of_its_own_until_it_says_goodbye() -> None:
    network = Network(seed=1)
    network.add_lan(LAN, "10.0.0.0/24")
    network.add_node("relay", {LAN: str(A)}, lambda node: Relay(None, node.interfaces, node.random))
    inboxes = {name: Inbox() for name in ("b", "c")}
    for name, address in (("b", B), ("c", C)):
        network.add_node(name, {LAN: str(address)}, lambda node: inboxes[node.name])

    def say(name: str, port: int, data: bytes) -> None:
        network.send(name, Datagram(data, Endpoint({"b": B, "c": C}[name], 5000), Endpoint(A, port)))
        network.run(0.1)

    say("b", PORT, b"?")
    say("c", PORT, b"?")
    numbers = [int(inboxes[name].got[0].data) for name in ("b", "c")]
    assert len(set(numbers)) == 2
    say("c", numbers[0], b"to b")
    assert [(packet.data, packet.source.port) for packet in inboxes["b"].got[1:]] == [(b"10.0.0.3:5000 to b", PORT)]
    say("b", PORT, b"bye")
    say("c", numbers[0], b"to nobody")
    assert len(inboxes["b"].got) == 2
    assert network.nodes["relay"].counters["refused.port"] == 1


def test_frames_go_to_all_or_to_a_group_and_no_further_than_the_mtu() -> None:
    network = three(Frames)
    network.run(0.1)
    hardware = {name: network.nodes[name].by_lan[LAN].hardware.hex(":") for name in "abc"}
    assert {(each["from"], each["asked"]) for each in heard(network, "a", "frame.echoed")} == {
        (hardware[peer], asked) for peer in "bc" for asked in ("all", "group")
    }
    assert network.nodes["a"].counters == {"send_failures": 1, "refused.port": 2}  # its own too long, two strays


@pytest.mark.parametrize("name", ["a", "b"])
def test_an_end_that_drops_hears_nothing_and_is_heard(name: str) -> None:
    network = three(Hello)
    network.set_condition("a", LAN, LinkCondition(drop=True))
    network.run(5)
    peers = {each["from"] for each in heard(network, name, "hello.heard")}
    assert peers == ({str(A), str(C)} if name == "b" else set())
    network.set_condition("a", LAN, LinkCondition())
    network.run(5)
    assert {each["from"] for each in heard(network, "a", "hello.heard")} == {str(B), str(C)}


def test_lines_come_back_over_tls_by_the_name_that_is_proved_and_by_no_other() -> None:
    network = three(TlsEcho)
    network.run(2)
    for name in "abc":
        assert [each["text"] for each in heard(network, name, "tls.echoed")] == ["hello"]
        (why,) = (each["text"] for each in heard(network, name, "tls.failed"))
        assert "nobody" in why
    assert network.nodes["a"].counters["tls_refused"] == 3  # what the three would not believe


@pytest.mark.parametrize("seed", range(5))
def test_lines_over_tls_come_back_by_a_lan_that_loses_and_reorders(seed: int) -> None:
    network = Network(seed)
    network.add_lan(LAN, "10.0.0.0/24")
    network.impair(LAN, delay=0.035, jitter=0.025, loss=0.2)
    for name, address in (("a", A), ("b", B)):
        network.add_node(name, {LAN: str(address)}, lambda node: TlsEcho(None, node.interfaces, node.random))
    network.run(20)
    assert [each["text"] for each in heard(network, "b", "tls.echoed")] == ["hello"]
