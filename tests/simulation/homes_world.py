"""Homes behind translators, for tests of whatever translates: all have the same prefix, and hosts of equal addresses.

    alice, bob ─ home1 ─ t1 ┐
                            ├─ street ─ exchange ─ internet ─ server
    alice2     ─ home2 ─ t2 ┘

`exchange` is a router, or translates as well where it is given a machine for that.
"""

from __future__ import annotations

from typing import Any

from ipv4 import ICMP, checksum
from network import Network
from node import Make
from stream_world import Speaker

from catenet.nodes.address import ANY, DEFAULT, Address
from catenet.nodes.machine import Datagram, Endpoint, Ip, IpPacket, NextHop, OpenPort, Send, SetRoute, Tcp, Udp

__all__ = ["ALICE", "BOB", "INSIDE", "PORT", "SERVER", "Host", "echo", "homes"]

PORT, WEB = 5000, 80
"""The UDP port of every host, and the TCP port of the server."""
ALICE, BOB, INSIDE = (Address.parse(f"192.168.1.{last}") for last in (10, 11, 1))
STREET, EXCHANGE = (Address.parse(f"100.64.0.{last}") for last in (1, 254))
OUTER = Address.parse("203.0.113.1")
SERVER = Address.parse("203.0.113.80")


class Host(Speaker):
    """It keeps what comes to its UDP port, and the ICMP that it hears; it can accept and make connections, too."""

    def __init__(self, lan: str, gateway: Address | None) -> None:
        super().__init__(OpenPort(Udp(PORT), hears_ttl=True), OpenPort(Ip(ICMP)), OpenPort(Tcp(WEB)))
        if gateway is not None:
            self.actions.append(SetRoute(DEFAULT, (NextHop(gateway, lan),)))
        self.got: list[Datagram] = []
        self.icmp: list[IpPacket] = []

    def receive(self, packet: Any, now: float) -> None:
        (self.got if isinstance(packet, Datagram) else self.icmp).append(packet)

    def say(self, data: bytes, to: Endpoint, ttl: int = 0) -> None:
        self.actions.append(Send(Datagram(data, Endpoint(ANY, PORT), to, ttl=ttl)))

    def send(self, data: bytes, to: Address) -> None:
        self.actions.append(Send(IpPacket(data, ANY, to, ICMP)))


def homes(translator: Make, exchange: Make | None = None, *, seed: int = 1, **options: Any) -> Network:
    """Each translator is on its outside LAN first. The machines of the hosts are `Host`s."""
    network = Network(seed, icmp=True, **options)
    for lan in ("home1", "home2"):
        network.add_lan(lan, "192.168.1.0/24")
    network.add_lan("street", "100.64.0.0/24")
    network.add_lan("internet", "203.0.113.0/24")
    _add(network, "exchange", {"internet": OUTER, "street": EXCHANGE}, exchange or (lambda node: Host("", None)))
    for number in (1, 2):
        lans = {"street": Address(STREET + number - 1), f"home{number}": INSIDE}
        _add(network, f"t{number}", lans, translator)
        network.nodes[f"t{number}"].kernel[DEFAULT] = (NextHop(EXCHANGE, "street"),)
    gateway = OUTER if exchange is None else None  # else it needs none: whatever comes is from its neighbour
    for name, lan, address in (("alice", "home1", ALICE), ("bob", "home1", BOB), ("alice2", "home2", ALICE)):
        _add(network, name, {lan: address}, lambda node, lan=lan: Host(lan, INSIDE))
    _add(network, "server", {"internet": SERVER}, lambda node: Host("internet", gateway))
    return network


def _add(network: Network, name: str, lans: dict[str, Address], make: Make) -> None:
    network.add_node(name, {lan: str(address) for lan, address in lans.items()}, make, forwards=len(lans) > 1)


def echo(identifier: int, data: bytes = b"abc") -> bytes:
    """An echo request (RFC 792)."""
    bare = bytes((8, 0, 0, 0)) + identifier.to_bytes(2, "big") + b"\0\1" + data
    return bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]
