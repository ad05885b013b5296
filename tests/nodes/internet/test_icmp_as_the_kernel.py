"""What a stack of ours says by ICMP is what the Linux kernel says, octet by octet but for the identification: both get
the same packets, by the same bare links."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipv4_in_kernel import LINKS
from kernel_router import Case, Kernel, kernel_router
from on_engine import own

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.icmp.packet import Echo
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import ICMP, UDP, Header
from catenet.nodes.link.arp.packet import REPLY, ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, IPV4
from catenet.nodes.machine import Frame, Interface, NextHop, Send
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack
from catenet.nodes.transport.udp.packet import UdpPacket

pytestmark = pytest.mark.engine

LAB = own("icmp")
HOST = Address.parse("10.99.1.7")
SOURCES = count(Address.parse("10.98.0.1"))
"""Another one for each packet: the kernel tells each source of few ways that it has not (ip_rt_error_burst)."""
OWN = {name: Address.parse(text) for name, (text, _) in LINKS.items()}
NEIGHBOUR = b"\x02\0\0\0\0\x99"
TO = {
    "near": OWN["near"],
    "its other address": OWN["far"],
    "beyond": Address.parse("10.99.2.8"),
    "narrow": Address.parse("10.99.3.8"),
    "nowhere": Address.parse("192.0.2.1"),
    "all of the LAN": Address.parse("10.99.1.255"),
    "all": Address(0xFFFFFFFF),
    "all hosts": Address.parse("224.0.0.1"),
}


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with kernel_router(LAB) as run:
        yield run


def ours(case: Case) -> list[tuple[str, bytes]]:
    """What a new stack sends."""
    interfaces = tuple(
        Interface(link, OWN[link], Prefix.of(OWN[link], 24), mtu=mtu, hardware=bytes((2, 0, 0, 0, 1, number)))
        for number, (link, (_, mtu)) in enumerate(LINKS.items())
    )
    hardware = {each.name: each.hardware for each in interfaces}
    stack = Stack(StackOptions(ipv4=Ipv4Options(True, True)), interfaces, Random(1), lambda *counted: None)
    for each in interfaces:
        stack.set_route(each.prefix, (NextHop(ANY, each.name),))
    stack.set_route(Prefix.parse("10.98.0.0/16"), (NextHop(HOST, "near"),))
    for each in interfaces:
        for host in (7, 8, 9):
            knows = ArpPacket(REPLY, NEIGHBOUR, Address(each.prefix.network + host), each.hardware, each.address)
            stack.receive(Frame(bytes(knows), NEIGHBOUR, each.hardware, ARP, each.name), 0.0)
    stack.take_actions()
    for link, packet in case:
        stack.receive(Frame(packet, NEIGHBOUR, hardware[link], IPV4, link), 0.0)
    sent = [each.packet for each in stack.take_actions() if isinstance(each, Send)]
    return [(each.interface, each.data) for each in sent if isinstance(each, Frame) and each.ethertype == IPV4]


def alike(sent: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Without identifications, which each draws for itself."""
    heads = [(link, Header.parse(packet), packet) for link, packet in sent]
    return [
        (link, bytes(head._replace(identification=0) if head.source in OWN.values() else head) + packet[head.length :])
        for link, head, packet in heads
    ]


def compare(kernel: Kernel, *packets: bytes) -> list[tuple[str, bytes]]:
    case = [("near", packet) for packet in packets]
    ((sent, _),) = kernel([case])
    assert alike(ours(case)) == alike(sent)
    return sent


def packet(to: str, protocol: int, data: bytes, source: Address = HOST, **fields: Any) -> bytes:
    return Header(source, TO[to], protocol)._replace(**fields).packet(data)


def datagram(to: str, data: bytes, source: Address = HOST) -> bytes:
    return UdpPacket(5000, 4000, data).to_bytes(source, TO[to])


heads = st.fixed_dictionaries(
    {"ttl": st.sampled_from([1, 2, 64, 255]), "tos": st.integers(0, 255), "df": st.booleans()}
)
everywhere = st.sampled_from(sorted(TO))


@settings(max_examples=60)
@given(everywhere, st.sampled_from([0, 1, 8, 56, 577, 1472]), heads)
def test_echoes(kernel: Kernel, to: str, size: int, head: dict[str, Any]) -> None:
    compare(kernel, packet(to, ICMP, bytes(Echo(7, 1, bytes(size))), Address(next(SOURCES)), **head))


@settings(max_examples=60)
@given(everywhere, st.sampled_from([0, 1, 8, 511, 512, 1472]), heads)
def test_datagrams_that_nobody_hears(kernel: Kernel, to: str, size: int, head: dict[str, Any]) -> None:
    source = Address(next(SOURCES))
    compare(kernel, packet(to, UDP, datagram(to, bytes(size), source), source, **head))


@settings(max_examples=30)
@given(everywhere, st.sampled_from([47, 50, 89, 132, 200, 254]), st.integers(0, 1480), heads)
def test_protocols_that_nobody_speaks(kernel: Kernel, to: str, protocol: int, size: int, head: dict[str, Any]) -> None:
    compare(kernel, packet(to, protocol, bytes(size), Address(next(SOURCES)), **head))


@settings(max_examples=30)
@given(st.integers(0, 255).filter(lambda kind: kind not in (8, 13)), st.integers(0, 255), st.binary(max_size=60))
def test_other_messages_of_icmps(kernel: Kernel, kind: int, code: int, rest: bytes) -> None:
    """13, a timestamp's request, the kernel answers, and we do not."""
    bare = bytes((kind, code, 0, 0)) + rest
    whole = bare[:2] + checksum(bare).to_bytes(2, "big") + bare[4:]
    assert compare(kernel, packet("near", ICMP, whole)) == []


@pytest.mark.parametrize(
    ("protocol", "data"),
    [
        (ICMP, bytes(Echo(7, 1, b"x"))[:2] + b"\0\0" + bytes(Echo(7, 1, b"x"))[4:]),
        (ICMP, b"\x08\0\xf7\xff"),
        (UDP, datagram("near", b"abc")[:-1] + b"d"),
        (UDP, datagram("near", b"abc")[:7]),
        (UDP, datagram("near", b"abc")[:4] + b"\0\x07" + datagram("near", b"abc")[6:]),
        (UDP, datagram("near", b"abc")[:4] + b"\0\xff" + datagram("near", b"abc")[6:]),
    ],
    ids=["echo's sum", "short echo", "datagram's sum", "short datagram", "length 7", "length 255"],
)
def test_what_is_malformed_is_nothing(kernel: Kernel, protocol: int, data: bytes) -> None:
    assert compare(kernel, packet("near", protocol, data)) == []


def test_what_has_no_checksum_is_a_datagram(kernel: Kernel) -> None:
    assert len(compare(kernel, packet("near", UDP, datagram("near", b"abc")[:6] + b"\0\0abc"))) == 1


@pytest.mark.parametrize("size", [1473, 4000, 20_000])
def test_fragments_of_an_echo_and_of_a_datagram(kernel: Kernel, size: int) -> None:
    for protocol, data in ((ICMP, bytes(Echo(7, 1, bytes(size)))), (UDP, datagram("near", bytes(size)))):
        whole = packet("near", protocol, data, identification=size)
        compare(kernel, *fragment(whole, 1500))
