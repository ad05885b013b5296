"""Nodes whose LANs are segments (RFC 7348): hosts h1 and h3 and router r on one, r and host h2 on another, a /31."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from nodes_on_engine import rows
from on_engine import claimed, own
from segment_lab import ADDRESSES, IDS, MTUS, UNDERLAY, SegmentedNodes

from catenet.nodes.address import Address
from catenet.nodes.control.config import InterfaceConfig, NodeConfig
from catenet.nodes.control.questions import Question
from catenet.nodes.control.segment import Segment, Underlay
from catenet.orchestrator.capture.capturing import capturing

pytestmark = pytest.mark.engine

LAB = own("segments")
OWN = "ip -4 -o address show scope global | awk '{print $4}'"
RIP_ROUTERS = Address.parse("224.0.0.9")
PEERS = "bridge fdb show dev {} | grep ^00:00:00:00:00:00 | cut -d' ' -f3 | sort"


@pytest.fixture(scope="module", params=["kernel", "userspace"])
def nodes(request: pytest.FixtureRequest) -> Iterator[SegmentedNodes]:
    """The router has the kernel's stack, and then our own."""
    with claimed(LAB) as engine:
        made = SegmentedNodes(engine, LAB, {"rip": {"update": 2.0}}, request.param)
        yield made
        made.client.close()


def is_right(nodes: SegmentedNodes) -> None:
    """What must hold at every start and after every reconnect."""
    on_own = nodes.stack == "userspace"
    assert nodes.pings("h1", ADDRESSES["link2"]["h2"])
    assert nodes.pings("h1", ADDRESSES["lan1"]["h3"], "-M do -s 1472")
    addresses, routes, way, resolver, link = nodes.run_each(
        "r", OWN, "ip route", f"ip route get {nodes.place('h1')}", "ip route get 127.0.0.11", "ip link show dev link2"
    )
    assert sorted(addresses.split()) == ([] if on_own else ["10.0.1.1/24", "10.0.2.0/31"])
    assert sorted(line.split()[0] for line in routes.splitlines()) == ([] if on_own else ["10.0.1.0/24", "10.0.2.0/31"])
    assert way.startswith("RTNETLINK answers: Network is unreachable")
    assert resolver == "RTNETLINK answers: No route to host\n"
    assert "altname link2" in link and " mtu 1400 " in link
    lan1, link2 = nodes.run_each("r", PEERS.format("vx0"), PEERS.format("vx1"))
    assert lan1.split() == [str(nodes.place(peer)) for peer in ("h1", "h3")]
    assert link2.split() == [str(nodes.place("h2"))]
    assert nodes.run("h1", "ip route show default").startswith("default via 10.0.1.1 dev vx0 ")


def set_link(nodes: SegmentedNodes, node: str, lan: str, **condition: object) -> None:
    nodes.ask(node, Question("link", {"lan": lan, "condition": {"up": True, **condition}}))  # type: ignore[dict-item]


def test_packets_cross_the_segments_and_their_ends_are_told(nodes: SegmentedNodes) -> None:
    is_right(nodes)
    links = rows(nodes.ask("r", Question("show", {"what": "links"})))
    assert [(row["lan"], row["segment"], row["mtu"], row["interface"], row["engine"]) for row in links] == [
        ("lan1", IDS["lan1"], MTUS["lan1"], "vx0", ""),
        ("link2", IDS["link2"], MTUS["link2"], "vx1", ""),
    ]
    assert {event.text for event in nodes.events("r") if event.kind == "link.up"} >= {
        "lan1 is up with 10.0.1.1/24",
        "link2 is up with 10.0.2.0/31",
    }
    assert not nodes.count("r", "link.down")


def test_a_longer_packet_does_not_fit_and_the_router_says_so(nodes: SegmentedNodes) -> None:
    assert "mtu = 1400" in nodes.run("h1", "ping -c1 -W2 -M do -s 1373 10.0.2.1")
    assert nodes.pings("h1", "10.0.2.1", "-M do -s 1372")


def heard(nodes: SegmentedNodes, node: str, words: list[str], meanwhile: Callable[[], None]) -> str:
    """What tcpdump says of what passes meanwhile."""
    ear = nodes.engine.execute(f"{LAB}-{node}", ["tcpdump", "-Z", "root", "-nlt", *words])
    said = b""
    while b"listening on" not in said:
        said += (ear.read(200) or (2, b""))[1]
    meanwhile()
    while (piece := ear.read(200)) is not None:
        said += piece[1]
    ear.close()
    return said.decode()


def test_7348_4_1_what_is_for_one_goes_to_one_and_4_2_what_is_for_all_to_each(nodes: SegmentedNodes) -> None:
    """Of what h1 says to h3 the router hears the question of ARP, and not the ping behind it."""

    def speak() -> None:
        assert nodes.pings("h1", "10.0.1.8")
        assert nodes.pings("h1", "10.0.1.1")

    nodes.run("h1", "ip neigh flush all")
    asked = "ether broadcast and arp[14:4] = 0x0a000107 and arp[24:4] = 0x0a000108"  # by h1: h3 announces itself, too
    questions = f"icmp[icmptype] = icmp-echo or ({asked})"
    said = heard(nodes, "r", ["-i", "vx0", "-c", "2", questions], speak)
    packets = [line for line in said.splitlines() if line.startswith(("ARP", "IP"))]
    assert packets[0].startswith("ARP, Request who-has 10.0.1.8 tell 10.0.1.7, ")
    assert packets[1].startswith("IP 10.0.1.7 > 10.0.1.1: ICMP echo request, ")


def test_7348_5_what_the_underlay_carries(nodes: SegmentedNodes) -> None:
    """tcpdump knows it: the identifier, the frame inside; and UDP has no checksum."""
    here, there = nodes.place("h1"), nodes.place("h3")
    scope = f"udp dst port 4790 and src {here} and udp[6:2] = 0"
    said = heard(nodes, "h3", ["-i", "eth0", "-T", "vxlan", "-c", "1", scope], lambda: assert_pings(nodes))
    assert f"> {there}.4790: VXLAN, flags [I] (0x08), vni 4711\n" in said
    assert "\nIP 10.0.1.7 > 10.0.1.8: ICMP echo request" in said


def assert_pings(nodes: SegmentedNodes) -> None:
    assert nodes.pings("h1", "10.0.1.8")


HOST = """
import socket, struct, sys
mac, source = bytes.fromhex("02000000dead"), socket.inet_aton("10.0.2.9")
arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + mac + source + bytes(6) + socket.inet_aton("10.0.2.0")
frame = b"\\xff" * 6 + mac + struct.pack(">H", 0x0806) + arp
speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1]:
    speaker.bind((sys.argv[1], 0))
speaker.sendto(struct.pack(">II", 0x08000000, 4712 << 8) + frame, (sys.argv[2], 4790))
"""
"""Says on link2, in a VXLAN packet from the first address to the second one, that there is a 02:00:00:00:de:ad."""


def test_nobody_on_a_lan_can_send_into_another_by_the_port_of_segments(nodes: SegmentedNodes) -> None:
    learned = "bridge fdb show dev vx1"
    send = f"python3 -c '{HOST}'"
    nodes.run("h1", f"ip route replace {nodes.place('r')} via 10.0.1.1")
    for target in ("10.0.1.1", "10.0.2.0", str(nodes.place("r"))):
        assert nodes.run("h1", f'{send} "" {target}') == ""
        assert nodes.pings()  # behind it
        assert "de:ad" not in nodes.run("r", learned)
    nodes.run("h1", f"ip route del {nodes.place('r')}")
    assert nodes.run("h1", f"{send} {nodes.place('h1')} {nodes.place('r')}") == ""  # as its kernel does
    nodes.wait(lambda: "de:ad" in nodes.run("r", learned))
    nodes.run("r", "bridge fdb del 02:00:00:00:de:ad dev vx1")


def test_the_underlay_carries_nothing_but_segments(nodes: SegmentedNodes) -> None:
    here, there = nodes.place("h1"), nodes.place("h3")
    ping, dns, known = nodes.run_each(
        "h1",
        f"ping -c2 -i0.2 -W1 -I {here} {there}",
        f"dig +tries=1 +time=1 -b {here} @{there} h3",
        f"ip neigh show {there}",
    )
    assert " 0 received" in ping
    assert "timed out" in dns  # nobody's port would be said to be unreachable
    assert " lladdr " in known  # ARP
    assert "Unreachable" in nodes.run("h1", f"ping -c1 -W2 {there}")  # the router's word: no part of the lab
    assert " 0 received" in nodes.run("h1", f"ping -c1 -W1 -I eth0 {nodes.underlay.gateway}")


def test_a_capture_of_a_whole_node_does_not_see_what_carries_the_segments(nodes: SegmentedNodes) -> None:
    nodes.run("h1", "ip neigh flush all")
    udp = 'python3 -c \'import socket; socket.socket(2, 2).sendto(b"x", ("10.0.1.8", 4711))\''
    for expression in ("udp", ""):
        with capturing(nodes.engine, {"h1": f"{LAB}-h1"}, expression) as captures:
            nodes.run("h1", udp)
            seen = captures.stop()
        ports = [each.destination.port for each in seen if each.destination.address != RIP_ROUTERS]
        assert ports == [4711], seen


@pytest.mark.parametrize("node", ["r", "h1"])
def test_a_killed_node_comes_back_as_it_was(nodes: SegmentedNodes, node: str) -> None:
    hardware = [row["hardware"] for row in rows(nodes.ask(node, Question("show", {"what": "links"})))]
    nodes.engine.kill(f"{LAB}-{node}")
    nodes.start(node)
    is_right(nodes)
    assert [row["hardware"] for row in rows(nodes.ask(node, Question("show", {"what": "links"})))] == hardware


@pytest.mark.parametrize("node", ["r", "h1"])
def test_the_underlay_disconnected_and_connected_again(nodes: SegmentedNodes, node: str) -> None:
    downs = nodes.count(node, "link.down")
    address = nodes.disconnect(node, UNDERLAY)
    lans = [lan for lan, on in ADDRESSES.items() if node in on]
    nodes.wait(lambda: nodes.count(node, "link.down") == downs + len(lans))
    nodes.wait(lambda: "vx0" not in nodes.run(node, "ls /sys/class/net"))
    with pytest.raises(AssertionError, match=r"has no interface here now: the engine has disconnected the underlay"):
        set_link(nodes, node, lans[0])
    links = rows(nodes.ask(node, Question("show", {"what": "links"})))
    assert [(row["lan"], row["up"], row["interface"]) for row in links] == [(lan, False, None) for lan in lans]
    assert "catenet-underlay" not in nodes.run(node, "nft list tables netdev")
    ups = nodes.count(node, "link.up")
    nodes.connect(node, UNDERLAY, address)
    nodes.wait(lambda: nodes.count(node, "link.up") == ups + len(lans))
    nodes.wait(nodes.pings)
    is_right(nodes)


def test_the_underlay_connected_by_hand_with_whatever_address_the_engine_gives(nodes: SegmentedNodes) -> None:
    """Where the others look for it is written in their configuration: so it has that address, too."""
    nodes.reconnect("h1", UNDERLAY, by_hand=True)
    nodes.wait(nodes.pings)
    is_right(nodes)
    assert nodes.run("h1", "ip -4 -o address show scope link | awk '{print $4}'") == f"{nodes.place('h1')}/32\n"
    nodes.engine.kill(f"{LAB}-h1")
    nodes.start("h1")
    is_right(nodes)


def test_the_underlay_down_and_up_again(nodes: SegmentedNodes) -> None:
    device = nodes.run("r", "cd /sys/class/net; echo eth*").strip()
    assert nodes.run("r", f"ip link set {device} down; ip route show table 4790") == ""
    assert not nodes.pings()
    nodes.run("r", f"ip link set {device} up")
    nodes.wait(nodes.pings)
    is_right(nodes)


def test_cut_and_heal(nodes: SegmentedNodes) -> None:
    set_link(nodes, "h1", "lan1", up=False)
    assert nodes.run("h1", "ip route") == ""
    assert not nodes.pings()
    assert nodes.pings("h3")
    set_link(nodes, "h1", "lan1")
    is_right(nodes)
    set_link(nodes, "r", "link2", up=False)
    assert not nodes.pings()
    assert nodes.pings("h1", "10.0.1.8")
    set_link(nodes, "r", "link2")
    is_right(nodes)


def test_a_silent_segment_drops_everything_leaves_the_carrier_and_is_healed(nodes: SegmentedNodes) -> None:
    set_link(nodes, "r", "lan1", silent=True)
    assert not nodes.pings()
    assert "LOWER_UP" in nodes.run("r", "ip link show lan1")
    nodes.run("h1", "ip neigh flush all; ping -c1 -W1 10.0.1.1")
    assert " lladdr " not in nodes.run("h1", "ip neigh show 10.0.1.1")
    silent = [row["silent"] for row in rows(nodes.ask("r", Question("show", {"what": "links"})))]
    assert silent == [True, False]
    set_link(nodes, "r", "lan1")
    nodes.wait(nodes.pings)
    is_right(nodes)
    assert nodes.run("r", "nft list tables netdev") == "table netdev catenet-underlay\n"


def test_a_segment_suffers_what_a_network_of_the_engines_does(nodes: SegmentedNodes) -> None:
    suffers = {"impairments": [{"delay": 0.2}]}
    for node in ("h1", "r", "h3"):
        set_link(nodes, node, "lan1", **suffers)
    said = nodes.run("h1", "ping -c3 -i0.2 -W5 10.0.1.8 | tail -1")
    assert float(said.split("=")[1].split("/")[0]) >= 400.0, said  # milliseconds, there and back
    for node in ("h1", "r", "h3"):
        set_link(nodes, node, "lan1")
    said = nodes.run("h1", "ping -c3 -i0.2 -W5 10.0.1.8 | tail -1")
    assert float(said.split("=")[1].split("/")[0]) < 200.0, said
    is_right(nodes)


def test_a_device_that_somebody_has_deleted_is_missed(nodes: SegmentedNodes) -> None:
    nodes.run("h1", "ip link delete vx0")
    nodes.wait(lambda: nodes.events("h1")[-1].kind == "link.down")
    with pytest.raises(AssertionError, match=r"somebody has deleted its device: start the node anew"):
        set_link(nodes, "h1", "lan1")
    nodes.engine.kill(f"{LAB}-h1")
    nodes.start("h1")
    is_right(nodes)


def test_a_segment_that_its_underlay_is_too_small_for_is_refused_in_words(nodes: SegmentedNodes) -> None:
    """1550 octets carry 1500, and no packet is cut in two: "VTEPs MUST NOT fragment VXLAN packets" (7348 4.3)."""
    place = Address(nodes.underlay.prefix.network + 9)
    lan = InterfaceConfig("wide", None, Address.parse("10.0.3.1"), 24, segment=Segment(1, 1501, ()))
    underlay = Underlay(place, nodes.underlay.prefix.length)
    nodes.create(NodeConfig(LAB, "wide", (lan,), events="json", underlay=underlay), {UNDERLAY: place})
    nodes.engine.start(f"{LAB}-wide")
    nodes.wait(lambda: nodes.count("wide", "link.down") == 1)
    (event,) = (each for each in nodes.events("wide") if each.kind == "link.down")
    assert event.text.startswith("wide: it cannot be set up: ")
    assert "its MTU of 1501 octets needs 1551 of the underlay, whose MTU is 1550: give that network" in event.text
    assert nodes.count("wide", "node.ready") == 0
    nodes.engine.remove(f"{LAB}-wide")
