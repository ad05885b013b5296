"""Networks whose nodes have stacks of ours: routers find the same ways as on a kernel's, all reach each other, no
router keeps anything of a conversation, and what a bad or hostile network does to packets is never delivered.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import networkx as nx
import ospf_world
import pytest
import rip_world
from checksums import word_by_word
from network import Network

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.control.impairment import Impairment
from catenet.nodes.control.pings import PingAsked, Pinged
from catenet.nodes.control.probes import DONE
from catenet.nodes.internet.icmp.prober import Ping
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ospf.config import OspfOptions
from catenet.nodes.internet.rip.config import RipOptions
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, IPV4
from catenet.nodes.machine import Datagram, Endpoint, Ethernet, Frame, NextHop, OpenPort, Send, SetRoute, Udp

GRAPH = nx.petersen_graph()
"""Ten routers with three links each; every two of them are at most two links apart."""


def lans() -> dict[str, list[str]]:
    own = {f"lan-{vertex}": [str(vertex)] for vertex in GRAPH}
    return own | {rip_world.link(*ends): [str(end) for end in ends] for ends in GRAPH.edges}


def build(protocol: str, *, own: bool, seed: int = 3) -> Network:
    if protocol == "rip":
        options = RipOptions(update=2.0, timeout=6.0, garbage=4.0)
        return rip_world.build_lans(lans(), lambda router: options, seed, own=own)
    hasty = OspfOptions(hello=1.0, dead=4.0, retransmit=1.0, ecmp=64)
    return ospf_world.build_lans(lans(), lambda router: hasty, seed, own=own)


def tables(protocol: str, network: Network) -> dict[str, Any]:
    table = rip_world.table if protocol == "rip" else ospf_world.table
    return {name: table(network, name) for name, node in network.nodes.items() if node.machine is not None}


def lose(network: Network) -> Iterator[None]:
    """What befalls it, one after the other, each followed by time enough."""
    for befall in (
        lambda: None,
        lambda: network.cut("0--1"),
        lambda: network.kill("7"),
        lambda: network.heal("0--1"),
        lambda: network.start("7"),
    ):
        befall()
        network.run(60)
        yield


@pytest.mark.parametrize("protocol", ["rip", "ospf"])
def test_routers_find_the_same_ways_on_either_stack(protocol: str) -> None:
    ours, kernels = build(protocol, own=True), build(protocol, own=False)
    for _ in zip(lose(ours), lose(kernels), strict=True):
        assert tables(protocol, ours) == tables(protocol, kernels)


class Pinging:
    """A second machine of a node's, that pings anew at each restart."""

    def __init__(self, network: Network, name: str) -> None:
        self._network, self._name = network, name

    def ask(self, to: Address, **more: Any) -> Pinged:
        node = self._network.nodes[self._name]
        node.said.clear()
        node.processes[1].make = lambda node: Ping(PingAsked(to, **more), node.random)
        self._network.restart(self._name, 1)

        def answered() -> bool:
            return any(each.report.kind == DONE for each in node.said)

        assert self._network.run_until(answered, within=20) is not None
        return next(Pinged.parse(each.report.data) for each in node.said if each.report.kind == DONE)


def test_every_router_reaches_every_other_with_packets_of_any_size() -> None:
    network = build("ospf", own=True)
    for node in network.nodes.values():
        add_idle(network, node.name)
    network.run(30)
    draw = random.Random(5)
    for name in network.nodes:
        pinging = Pinging(network, name)
        for other in GRAPH:
            size = draw.choice((0, 56, 1472, 1473, 4000, 65_507))
            got = pinging.ask(network.lans[f"lan-{other}"].members[str(other)], size=size)
            assert (got.received, got.damaged, got.repeated) == (1, 0, 0), (name, other, size, got)
    assert not any(count for node in network.nodes.values() for count in refused(node).values())


def add_idle(network: Network, name: str) -> None:
    from node import Process

    node = network.nodes[name]
    node.processes.append(Process(node, lambda node: Silent()))
    network.restart(name, 1)


def refused(node: Any) -> dict[str, int]:
    """What its stack did not like of what it got."""
    words = ("malformed", "refused", "dropped.header", "dropped.source")
    return {word: count for word, count in node.own.counters.items() if any(each in word for each in words)}


class Silent:
    def __init__(self, *actions: Any) -> None:
        self.actions = list(actions)

    def receive(self, packet: Any, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Any]:
        actions, self.actions = self.actions, []
        return actions


class Talker(Silent):
    """Sends numbered datagrams of any size to its peers, one each `every` seconds, and keeps what comes: who said
    which number, and whether it is what was said."""

    def __init__(self, name: str, peers: list[Address], *, every: float, most: int, longest: int = 4000) -> None:
        super().__init__(OpenPort(Udp(5), fragments=True))
        self.name, self.peers, self.every, self.longest = name, peers, every, longest
        self.left = most
        self.due = 0.0
        self.sent: dict[int, float] = {}
        self.heard: Counter[tuple[Address, int]] = Counter()
        self.wrong: list[bytes] = []

    def next_wake(self) -> float | None:
        return self.due if self.left else None

    def wake(self, now: float) -> None:
        if not self.left or now < self.due:
            return
        number = len(self.sent)
        self.left -= 1
        self.sent[number] = now
        self.due = now + self.every
        peer = self.peers[number % len(self.peers)]
        self.actions.append(Send(Datagram(said(self.name, number, self.longest), Endpoint(ANY, 5), Endpoint(peer, 5))))

    def receive(self, packet: Datagram, now: float) -> None:
        name, _, rest = packet.data.partition(b" ")
        number = rest.partition(b" ")[0]
        if number.isdigit() and packet.data == said(name.decode("latin-1"), int(number), self.longest):
            self.heard[packet.source.address, int(number)] += 1
        else:
            self.wrong.append(packet.data)


def said(name: str, number: int, longest: int) -> bytes:
    """The datagram of that number: what any other is not."""
    draw = random.Random(f"{name} {number}")
    return f"{name} {number} ".encode("latin-1") + draw.randbytes(draw.randrange(longest))


A, B = Address.parse("10.0.0.1"), Address.parse("10.0.3.2")


def line(seed: int, *, every: float, most: int, middle: int = 1500, longest: int = 4000) -> Network:
    """a – r1 – r2 – r3 – b on the LANs l0 to l3, `middle` octets the MTU of l2; a and b talk to each other."""
    network = Network(seed, own=True)
    names = ["a", "r1", "r2", "r3", "b"]
    for number in range(4):
        network.add_lan(f"l{number}", f"10.0.{number}.0/24", mtu=middle if number == 2 else 1500)
    for number, name in enumerate(names):
        on = {f"l{number}": f"10.0.{number}.1"} if number < 4 else {}
        on |= {f"l{number - 1}": f"10.0.{number - 1}.2"} if number else {}
        ways = [
            SetRoute(Prefix.parse(f"10.0.{lan}.0/24"), (NextHop(Address.parse(via), by),))
            for lan in range(4)
            if lan not in (number, number - 1)
            for via, by in [
                (f"10.0.{number}.2", f"l{number}") if lan > number else (f"10.0.{number - 1}.1", f"l{number - 1}")
            ]
        ]
        peer = {"a": B, "b": A}.get(name)

        def make(node: Any, ways: list[Any] = ways, peer: Address | None = peer) -> Silent:
            if peer is None:
                return Silent(*ways)
            talker = Talker(node.name, [peer], every=every, most=most, longest=longest)
            talker.actions += ways
            return talker

        network.add_node(name, on, make, forwards=name.startswith("r"))
    return network


def talkers(network: Network) -> tuple[Talker, Talker]:
    a, b = (network.nodes[name].machine for name in "ab")
    assert isinstance(a, Talker)
    assert isinstance(b, Talker)
    return a, b


def test_a_router_that_is_killed_and_comes_back_knows_nothing_and_needs_nothing() -> None:
    """B9: forwarding keeps no state of any flow. Only what came while it was away is lost."""
    network = line(1, every=0.05, most=200, longest=1000)
    network.run(3)
    network.kill("r2")
    gone = network.now
    network.run(1)
    network.start("r2")
    back = network.now
    network.run(20)
    for one, other, there in (*zip(talkers(network), reversed(talkers(network)), (A, B), strict=True),):
        lost = [number for number in one.sent if not other.heard[there, number]]
        assert all(gone - 0.01 <= one.sent[number] <= back for number in lost)
        assert 15 <= len(lost) <= 21
        assert not other.wrong


BAD = {
    "late": Impairment(delay=0.02, jitter=0.02),
    "lossy": Impairment(loss=0.1),
    "overtaken": Impairment(delay=0.01, reorder=0.3),
    "damaged": Impairment(corrupt=0.3),
    "repeated": Impairment(duplicate=0.3),
    "all of it": Impairment(delay=0.01, jitter=0.01, loss=0.05, duplicate=0.1, reorder=0.1, corrupt=0.1),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("suffered", BAD)
def test_what_is_delivered_was_sent_and_once_unless_the_wire_repeated_it(suffered: str, seed: int) -> None:
    impairment = BAD[suffered]._replace(seed=seed)
    network = line(seed, every=0.02, most=300, middle=576)
    network.run(1)
    for lan in network.lans:
        network.impair(lan, impairment)
    network.run(60)
    a, b = talkers(network)
    for one, other, there in ((a, b, A), (b, a, B)):
        assert not unseen(one, other) if impairment.corrupt else not other.wrong
        assert {address for address, _ in other.heard} <= {there}
        assert len(one.sent) == 300
        assert len(other.heard) > 20, "it went on"
        if not impairment.duplicate:
            assert set(other.heard.values()) == {1}
        if suffered in ("late", "overtaken", "repeated"):
            assert len(other.heard) == 300, "and nothing was lost that the wire has not lost"
    assert_bounded(network)


def unseen(one: Talker, other: Talker) -> list[bytes]:
    """What was delivered wrong, though a checksum of sixteen bits can see that it is: where two bits of one column have
    changed, one to 1 and one to 0, in a datagram that crosses four bad LANs in fragments, it cannot."""
    sums = {(len(data), checksum(data)) for data in (said(one.name, number, one.longest) for number in one.sent)}
    return [data for data in other.wrong if (len(data), checksum(data)) not in sums]


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int) -> Any:
        network = line(seed, every=0.02, most=100, middle=576)
        for lan in network.lans:
            network.impair(lan, BAD["all of it"]._replace(seed=seed))
        network.run(20)
        return [
            (talker.heard, node.own.counters)
            for talker, node in zip(talkers(network), (network.nodes["a"], network.nodes["b"]), strict=True)
        ]

    assert run(1) == run(1)
    assert run(1) != run(2)


class Attacker(Silent):
    """On one LAN: hears all that is for everybody, and sends frames that nobody should: noise, what it has heard with
    octets changed, fragments of everything, ARP for addresses of others."""

    def __init__(self, draw: random.Random, lan: str, victims: list[bytes], every: float) -> None:
        super().__init__(*(OpenPort(Ethernet(kind, lan)) for kind in (IPV4, ARP)))
        self.draw, self.lan, self.victims, self.every = draw, lan, victims, every
        self.due = 0.0
        self.heard: list[bytes] = []

    def receive(self, packet: Frame, now: float) -> None:
        self.heard = [*self.heard[-20:], packet.data]

    def next_wake(self) -> float:
        return self.due

    def wake(self, now: float) -> None:
        self.due = now + self.every
        for _ in range(10):
            kind = self.draw.choice((IPV4, ARP))
            data = self.draw.choice((self.noise, self.changed, self.fragment, self.arp))()
            whom = self.draw.choice((*self.victims, BROADCAST, b"\x01\x00\x5e\x00\x00\x01"))
            self.actions.append(Send(Frame(data, b"", whom, kind, self.lan)))

    def noise(self) -> bytes:
        return self.draw.randbytes(self.draw.randrange(100))

    def changed(self) -> bytes:
        data = bytearray(self.draw.choice(self.heard) if self.heard else bytes(28))
        for _ in range(self.draw.randrange(1, 4)):
            data[self.draw.randrange(len(data))] = self.draw.randrange(256)
        return bytes(data)

    def fragment(self) -> bytes:
        """Of anything, to anybody, overlapping what there is, up to beyond 65,535 octets."""
        source, to = (self.draw.choice((A, B, Address.parse("10.0.1.2"), Address(0xFFFFFFFF))) for _ in range(2))
        where = self.draw.choice((0, 1, 72, 185, 8191)) | self.draw.choice((0, 0x2000))
        head = (
            bytes((0x45, 0))
            + self.draw.randrange(20, 600).to_bytes(2, "big")
            + self.draw.randrange(64).to_bytes(2, "big")
        )
        head += where.to_bytes(2, "big") + bytes((self.draw.randrange(256), self.draw.choice((1, 6, 17)), 0, 0))
        head += source.pack() + to.pack()
        return head[:10] + word_by_word(head).to_bytes(2, "big") + head[12:] + self.draw.randbytes(580)

    def arp(self) -> bytes:
        """Who is anybody: itself, or nobody."""
        who = Address(Address.parse("10.0.1.0") + self.draw.randrange(256))
        return bytes.fromhex("0001080006040002") + self.draw.randbytes(6) + who.pack() + self.draw.randbytes(10)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_hostile_neighbour_sends_nothing_wrong_is_delivered_and_all_stay_up(seed: int) -> None:
    network = line(seed, every=0.05, most=200, middle=576)
    victims = [node.by_lan["l1"].hardware for node in network.nodes.values() if "l1" in node.by_lan]
    draw = random.Random(seed)
    network.add_node("x", {"l1": "10.0.1.9"}, lambda node: Attacker(draw, "l1", victims, 0.01))
    network.run(20)
    assert not any(talker.wrong for talker in talkers(network))
    assert_bounded(network, fragments=1024)
    network.kill("x")
    network.run(90)  # what it has poisoned is forgotten
    for name in "ab":
        network.restart(name, 0)
    network.run(60)
    for talker, there in zip(talkers(network), (B, A), strict=True):
        assert not talker.wrong
        assert len(talker.heard) == 200
        assert {address for address, _ in talker.heard} == {there}
    assert_bounded(network)


def assert_bounded(network: Network, fragments: int = 0) -> None:
    """No more than its options let it keep; and what waits for nothing is gone."""
    for node in network.nodes.values():
        stack = node.own.stack
        if stack is None:
            continue
        assert len(stack.show("arp", network.now)) <= 1024
        assert len(stack.show("paths", network.now)) <= 1024
        assert len(stack.show("fragments", network.now)) <= fragments
        assert not stack.take_delivered()
