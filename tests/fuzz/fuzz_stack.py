"""A whole stack: any frames on two LANs, and whatever its ports send meanwhile; and any UDP datagram."""

from __future__ import annotations

from collections import Counter
from random import Random

from fuzz_layer import summed
from fuzz_target import Target, pieces

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.header import ICMP, UDP, Header
from catenet.nodes.link.arp.packet import ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST, IPV4
from catenet.nodes.machine import (
    Datagram,
    DecodeError,
    Endpoint,
    Frame,
    Interface,
    Ip,
    NextHop,
    OpenPort,
    Send,
    Udp,
)
from catenet.nodes.transport.stack.config import StackOptions
from catenet.nodes.transport.stack.machine import Stack
from catenet.nodes.transport.udp.packet import UdpPacket

MOST = 60
"""Frames of one input that are taken."""
A, B = Address.parse("10.0.1.2"), Address.parse("10.0.1.1")
LANS = {"one": (B, 1500, b"\2\0\0\0\1\1"), "two": (Address.parse("10.0.2.1"), 600, b"\2\0\0\0\2\1")}
PEER = b"\2\0\0\0\1\2"
SENT = 64
"""Frames that one may bring about at the most: what waits for a neighbour may leave together."""


def _datagram(data: bytes) -> UdpPacket:
    return UdpPacket.parse(data, A, B)


def _check_datagram(read: UdpPacket) -> None:
    assert UdpPacket.parse(read.to_bytes(A, B), A, B) == read


datagram = Target(
    _datagram,
    (DecodeError,),
    _check_datagram,
    words=(UdpPacket(7, 9, b"abc").to_bytes(A, B), b"\0\7\0\x09\0\x08\0\0"),
    longest=200,
)


def _stack(counts: Counter[str]) -> tuple[Stack, int]:
    def count(counter: str, by: int = 1) -> None:
        counts[counter] += by

    interfaces = tuple(
        Interface(name, own, Prefix.of(own, 24), mtu=mtu, hardware=hardware)
        for name, (own, mtu, hardware) in LANS.items()
    )
    stack = Stack(StackOptions(proxy_arp=True, ipv4=Ipv4Options(True, True)), interfaces, Random(1), count, 0.0)
    for each in interfaces:
        stack.set_route(each.prefix, (NextHop(ANY, each.name),))
    stack.set_route(DEFAULT, (NextHop(A, "one"),))
    key, _ = stack.open(OpenPort(Udp(9)), 0.0)
    stack.open(OpenPort(Ip(ICMP)), 0.0)
    stack.join(key, Address.parse("224.0.0.9"), "")
    return stack, key


def _frames(data: bytes) -> None:
    """Of each frame the first byte says: its LAN, its type, whether it is for all, whether its checksum is put right;
    or that a port sends that to somebody; and how long it took."""
    stack, key = _stack(Counter())
    now = 0.0
    stack.take_actions()
    for each in [each for each in pieces(data) if each][:MOST]:
        how, octets = each[0], each[1:]
        now += 1.5 if how & 16 else 0.0
        lan = "two" if how & 1 else "one"
        if how & 32:
            to = Endpoint(Address(B + how), 9)
            stack.send(key, Datagram(octets, Endpoint(ANY, 9), to), now)
        else:
            kind = ARP if how & 2 else IPV4
            to_hardware = BROADCAST if how & 4 else LANS[lan][2]
            shown = summed(octets) if how & 8 and kind == IPV4 else octets
            stack.receive(Frame(shown, PEER, to_hardware, kind, lan), now)
        if (due := stack.next_wake()) is not None and due <= now:
            stack.wake(now)
        _check_sent(stack)
    stack.wake(now + 1000.0)
    assert len(stack.take_delivered()) <= 3 * MOST + 3 * SENT
    assert len(stack.show("arp", now)) <= 2 * MOST
    assert stack.show("fragments", now) == []


def _check_sent(stack: Stack) -> None:
    frames = [each.packet for each in stack.take_actions() if isinstance(each, Send)]
    assert len(frames) <= SENT + MOST
    for frame in frames:
        assert isinstance(frame, Frame)
        assert len(frame.destination) == 6
        if frame.ethertype == ARP:
            ArpPacket.parse(frame.data)
            continue
        header = Header.received(frame.data)
        assert header.total_length == len(frame.data) <= LANS[frame.interface][1]
        payload = frame.data[header.length :]
        own = header.source in [own for own, _, _ in LANS.values()]
        if own and header.protocol == ICMP and not header.is_fragment:
            assert checksum(payload) == 0
        if own and header.protocol == UDP and not header.is_fragment:
            UdpPacket.parse(payload, header.source, header.destination)


_ASKS = bytes(ArpPacket(1, PEER, A, bytes(6), B))
_ECHO = Header(A, B, ICMP).packet(bytes.fromhex("0800f7fd00020000"))
_SAYS = Header(A, B, UDP).packet(UdpPacket(5000, 9, b"abc").to_bytes(A, B))

frames = Target(
    _frames,
    words=(
        _ASKS,
        _ECHO,
        _SAYS,
        b"\0\x1d\x06" + _ASKS,
        b"\0\x1d\x08" + _ECHO,
        b"\0\x20\x08" + _SAYS,
        A.pack(),
        B.pack(),
    ),
    longest=2000,
    milliseconds=200.0,
    per_kilobyte=100.0,
)
