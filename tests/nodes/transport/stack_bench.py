"""A stack, and what its LANs have: frames in and out are made and read by scapy, not by the codecs that are tested."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.machine import Datagram, Endpoint, Frame, Interface, Ip, NextHop, OpenPort, Port, Send, Udp
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack

OWN, OTHER = "192.168.1.1", "192.168.2.1"
MAC, OTHER_MAC, ALL = "02:00:00:00:01:01", "02:00:00:00:02:01", "ff:ff:ff:ff:ff:ff"


def host(number: int, lan: int = 1) -> tuple[str, str]:
    """Its address, and its hardware address."""
    return f"192.168.{lan}.{number}", f"02:00:00:00:{lan:02x}:{number:02x}"


class Bench:
    """One stack with two LANs, `one` and `two`. `now` is its clock."""

    def __init__(self, **options: Any) -> None:
        self.now = 100.0
        self.counts: Counter[str] = Counter()
        options.setdefault("ipv4", Ipv4Options(forward=True))
        interfaces = (_interface("one", OWN, MAC), _interface("two", OTHER, OTHER_MAC))
        self.stack = Stack(StackOptions(**options), interfaces, Random("bench"), self._count, self.now)
        for each in interfaces:
            self.stack.set_route(each.prefix, (NextHop(ANY, each.name),))
        self.pass_time(10.0)  # its addresses are announced

    def _count(self, counter: str, by: int = 1) -> None:
        self.counts[counter] += by

    def open(self, port: Port, **words: Any) -> int:
        return self.stack.open(OpenPort(port, **words), self.now)[0]

    def udp(self, number: int) -> int:
        return self.open(Udp(number))

    def raw(self, protocol: int) -> int:
        return self.open(Ip(protocol))

    def send(self, key: int, data: bytes, to: str, port: int = 9) -> bool:
        unit = Datagram(data, Endpoint(ANY, 0), Endpoint(Address.parse(to), port))
        return self.stack.send(key, unit, self.now)

    def put(self, packet: Any, source: str, destination: str = MAC, lan: str = "one") -> list[Any]:
        """A frame comes in: what the stack then sends, read by scapy."""
        whole = bytes(packet)
        kind = 0x0806 if isinstance(packet, ARP) else 0x0800
        self.stack.receive(Frame(whole, _octets(source), _octets(destination), kind, lan), self.now)
        return self.sent()

    def learn(self, number: int, lan: int = 1) -> None:
        """That host has asked for this one's address."""
        address, hardware = host(number, lan)
        own = OWN if lan == 1 else OTHER
        question = ARP(op=1, psrc=address, hwsrc=hardware, pdst=own)
        assert self.put(question, hardware, ALL, lan="one" if lan == 1 else "two")

    def pass_time(self, seconds: float) -> list[Any]:
        until = self.now + seconds
        while (due := self.stack.next_wake()) is not None and due <= until:
            self.now = max(self.now, due)
            self.stack.wake(self.now)
        self.now = until
        return self.sent()

    def sent(self) -> list[Any]:
        found = []
        for action in self.stack.take_actions():
            if isinstance(action, Send) and isinstance(action.packet, Frame):
                frame = action.packet
                own = MAC if frame.interface == "one" else OTHER_MAC
                head = frame.destination + (frame.source or _octets(own)) + frame.ethertype.to_bytes(2, "big")
                read = Ether(head + frame.data)
                read.sniffed_on = frame.interface
                found.append(read)
        return found


def echo(source: str, destination: str, *, ttl: int = 64, data: bytes = b"abcdefgh", **words: Any) -> Any:
    return IP(src=source, dst=destination, ttl=ttl, **words) / ICMP(type=8, id=7, seq=1) / data


def datagram(source: str, destination: str, *, port: int = 9, data: bytes = b"hello", **words: Any) -> Any:
    return IP(src=source, dst=destination, **words) / UDP(sport=5000, dport=port) / data


def answer(question: Any, number: int, lan: int = 1) -> Any:
    """That host's answer to an ARP request."""
    address, hardware = host(number, lan)
    asked = question[ARP]
    assert (asked.op, asked.pdst) == (1, address)
    return ARP(op=2, psrc=address, hwsrc=hardware, pdst=asked.psrc, hwdst=asked.hwsrc)


def _interface(name: str, address: str, hardware: str) -> Interface:
    own = Address.parse(address)
    return Interface(name, own, Prefix.of(own, 24), hardware=_octets(hardware))


def _octets(hardware: str) -> bytes:
    return bytes.fromhex(hardware.replace(":", ""))
