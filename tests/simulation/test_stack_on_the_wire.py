"""Wireshark judges what our stack says: echoes of every size, in fragments and whole, paths traced, and the errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from dissected import Dissected, Tshark, complaints, tshark
from network import Network
from node import Node, Process

from catenet.nodes.address import DEFAULT, Address
from catenet.nodes.control.pings import PingAsked, TraceAsked
from catenet.nodes.control.probes import DONE
from catenet.nodes.internet.icmp.prober import Ping, Trace
from catenet.nodes.machine import Frame as EthernetFrame
from catenet.nodes.machine import Machine, NextHop, SetRoute, Unit
from catenet.orchestrator.wire.packets import ETHERNET_LINK, Frame, pcap_header, pcap_record

pytestmark = pytest.mark.engine

H1, LEFT, RIGHT, H2 = (Address.parse(each) for each in ("10.0.1.1", "10.0.1.9", "10.0.2.9", "10.0.2.2"))
NOBODY = Address.parse("10.0.2.77")
EPOCH = 1_700_000_000
SIZES = (0, 1, 56, 572, 573, 1472, 1473, 8000, 65_507)
FIELDS = ("frame.protocols", "eth.type", "icmp.type", "icmp.code", "ip.flags.mf")

# What tshark remarks that is no fault: of the echoes that are not answered since they are not to be, and of the
# datagrams by whose TTL a path is traced.
REMARKS = ("No response seen to ICMP request", '"Time To Live" only 1', '"Time To Live" only 2', "Possible traceroute")


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


class Routed:
    """A host that knows a router."""

    def __init__(self, router: Address, lan: str) -> None:
        self._actions: list[Any] = [SetRoute(DEFAULT, (NextHop(router, lan),))]

    def receive(self, packet: Any, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Any]:
        actions, self._actions = self._actions, []
        return actions


class Captured(Network):
    """With every frame as it is, and when it went; its own record has the packets in them, and no ARP."""

    def __init__(self) -> None:
        super().__init__(1, own=True)
        self.frames: list[tuple[float, bytes]] = []

    def _note(self, node: Node, packet: Unit) -> None:
        super()._note(node, packet)
        assert isinstance(packet, EthernetFrame)
        data, source, destination, ethertype, lan = packet
        head = destination + (source or node.by_lan[lan].hardware) + ethertype.to_bytes(2, "big")
        self.frames.append((EPOCH + self.now, head + data))


def ask(network: Network, node: Node, machine: Machine[Any]) -> None:
    node.said.clear()
    node.processes[1].make = lambda _: machine
    network.restart(node.name, 1)
    assert network.run_until(lambda: any(each.report.kind == DONE for each in node.said), within=60) is not None


def said() -> list[tuple[float, bytes]]:
    """Whole frames, and when: of two hosts of ours, and a router of ours between a wide LAN and a narrow one."""
    network = Captured()
    network.add_lan("left", "10.0.1.0/24")
    network.add_lan("right", "10.0.2.0/24", mtu=600)
    network.add_node("h1", {"left": str(H1)}, lambda _: Routed(LEFT, "left"), forwards=False)
    network.add_node("r", {"left": str(LEFT), "right": str(RIGHT)}, lambda _: Routed(H2, "right"))
    network.add_node("h2", {"right": str(H2)}, lambda _: Routed(RIGHT, "right"), forwards=False)
    h1 = network.nodes["h1"]
    h1.processes.append(Process(h1, lambda _: Routed(LEFT, "left")))
    network.run(1)
    for size in SIZES:
        ask(network, h1, Ping(PingAsked(H2, size=size), h1.random))
    ask(network, h1, Ping(PingAsked(H2, size=1400, whole=True), h1.random))  # the router says: 600
    ask(network, h1, Ping(PingAsked(H2, ttl=1), h1.random))
    ask(network, h1, Ping(PingAsked(NOBODY, wait=5), h1.random))
    ask(network, network.nodes["h1"], Trace(TraceAsked(H2)))
    network.run(1)
    return network.frames


def kinds(seen: list[Dissected]) -> Counter[tuple[str, str]]:
    """The ICMP messages: the type and the code that come first in the packet, not those of the one that is quoted."""
    return Counter((each["icmp.type"][0], each["icmp.code"][0]) for each in seen if "icmp.type" in each)


def test_wireshark_reads_each_frame_and_none_is_malformed(judge: Tshark) -> None:
    frames = said()
    capture = pcap_header(ETHERNET_LINK) + b"".join(
        pcap_record(Frame(at, ETHERNET_LINK, data, len(data))) for at, data in frames
    )
    seen = judge.read(capture, *FIELDS)
    assert len(seen) == len(frames) > len(SIZES)
    remarks = [each for packet in seen for each in packet.get("_ws.expert.message", ()) if each.startswith(REMARKS)]
    assert complaints(seen, remarks) == []
    found = kinds(seen)
    # By the router, and by h2: fragmentation needed, TTL exceeded (a ping's and a trace's), no such host;
    # and no such port, which is seen on both LANs.
    assert {kind: found[kind] for kind in (("3", "4"), ("11", "0"), ("3", "1"), ("3", "3"))} == {
        ("3", "4"): 1,
        ("11", "0"): 2,
        ("3", "1"): 1,
        ("3", "3"): 2,
    }
    assert found["0", "0"] == 2 * (len(SIZES))  # every echo that could come was answered, and seen on both LANs
    assert any(packet.get("ip.flags.mf") in (["True"], ["1"]) for packet in seen)
