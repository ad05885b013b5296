"""Hosts on one LAN that know each other's IP addresses alone, and one that lies: the machine `Arp` on the wire."""

from __future__ import annotations

from collections import Counter

from network import Network
from node import Node

from catenet.nodes.address import Address
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.ethernet.hardware import ARP, IPV4
from catenet.nodes.machine import Action, Ethernet, Frame, Interface, OpenPort, Send

__all__ = ["Liar", "Resolver", "arp_lan"]

LAN = "lan"


class Resolver:
    """A host: it sends packets to addresses, and keeps what comes to it, with whose it was."""

    def __init__(self, node: Node, options: ArpOptions, now: float) -> None:
        self.node = node
        self.counters: Counter[str] = Counter()
        self.arp = Arp(options, node.random, lambda counter, by=1: self.counters.update({counter: by}))
        self.heard: list[tuple[bytes, bytes]] = []  # the sender's hardware address, and the packet
        self.failed: list[bytes] = []
        self.sent = 0
        self._actions: list[Action] = [OpenPort(Ethernet(ARP, LAN)), OpenPort(Ethernet(IPV4, LAN))]
        self.arp.set_interface(node.by_lan[LAN], now)

    def send(self, to: Address, packet: bytes, now: float) -> None:
        self.sent += 1
        hardware = self.arp.resolve(LAN, to, packet, now)
        if hardware is not None:
            self._actions.append(Send(Frame(packet, b"", hardware, IPV4, LAN)))

    def set_interface(self, interface: Interface, now: float) -> None:
        self.arp.set_interface(interface, now)

    def receive(self, frame: Frame, now: float) -> None:
        if frame.ethertype == ARP:
            self.arp.receive(frame, now)
        else:
            self.heard.append((frame.source, frame.data))

    def wake(self, now: float) -> None:
        self.arp.wake(now)

    def next_wake(self) -> float | None:
        return self.arp.next_wake()

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions + self.arp.take_actions(), []
        for interface, hardware, packet in self.arp.take_ready():
            actions.append(Send(Frame(packet, b"", hardware, IPV4, interface)))
        self.failed += [packet for _, _, packet in self.arp.take_failed()]
        return actions


class Liar:
    """It says what it is told to say, in frames of ARP."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.actions: list[Action] = [OpenPort(Ethernet(ARP, LAN)), OpenPort(Ethernet(IPV4, LAN))]

    def receive(self, frame: Frame, now: float) -> None:
        if frame.ethertype == IPV4:
            self.heard.append(frame.data)

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


def arp_lan(
    seed: int,
    hosts: int,
    *,
    prefix: str = "10.0.0.0/16",
    options: ArpOptions = ArpOptions(),  # noqa: B008
) -> tuple[Network, list[Resolver], Liar]:
    """They are called h0, h1 …, at 10.0.0.1, 10.0.0.2 …; the liar is 10.0.255.1."""
    network = Network(seed=seed, record=True)
    network.add_lan(LAN, prefix)
    resolvers: list[Resolver] = []

    def make(node: Node) -> Resolver:
        resolvers.append(Resolver(node, options, network.now))
        return resolvers[-1]

    for number in range(hosts):
        network.add_node(f"h{number}", {LAN: f"10.0.0.{number + 1}"}, make)
    liar = Liar()
    network.add_node("liar", {LAN: "10.0.255.1"}, lambda node: liar)
    return network, resolvers, liar
