"""The internet layer: any header, any options, any packets by a router's LANs, and any fragments."""

from __future__ import annotations

import struct
from collections import Counter
from random import Random

from fuzz_target import Target, pieces

from catenet.nodes.address import ANY, DEFAULT, Address, Prefix
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.internet.ipv4.fragments import fragment
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.layer import Ipv4
from catenet.nodes.internet.ipv4.options import parse_options, to_bytes
from catenet.nodes.internet.ipv4.reassembly import Reassembler
from catenet.nodes.internet.ipv4.recording import Places, examine, record
from catenet.nodes.internet.ipv4.table import ForwardingTable
from catenet.nodes.machine import DecodeError, Interface, NextHop

MOST = 60
"""Packets of one input that are taken."""
LANS = {"one": ("10.0.1.1", 1500), "two": ("10.0.2.1", 68)}
OWN, OTHER = b"\x0a\0\1\1", b"\x0a\0\2\1"


# A header, and what it has.


def _header(data: bytes) -> Header:
    return Header.received(summed(data))


def summed(packet: bytes) -> bytes:
    """A packet with the header's checksum put right."""
    length = (packet[0] & 15) * 4 if packet else 0
    if not 20 <= length <= len(packet):
        return packet
    bare = packet[:10] + b"\0\0" + packet[12:length]
    return bare[:10] + struct.pack(">H", checksum(bare)) + bare[12:] + packet[length:]


def _check_header(header: Header) -> None:
    made = header.packet(bytes(header.total_length - header.length))
    assert Header.received(made) == header
    try:
        whole = fragment(made, 68)
    except ValueError:
        return
    assert [each for each in whole if len(each) > 68] == []
    assert sum(Header.received(each).total_length - Header.received(each).length for each in whole) == (
        header.total_length - header.length
    )


def _options(data: bytes) -> tuple[bytes, Places]:
    options = data[: len(data) & ~3]
    if len(options) > 40:
        raise DecodeError("length", len(options))
    parse_options(options)
    return options, examine(options)


def _check_options(read: tuple[bytes, Places]) -> None:
    options, places = read
    made = record(options, places, Address(0x0A000101), 1.5, lambda address: address == 0x0A000101)
    assert len(made) == len(options)
    found = parse_options(made)
    assert parse_options(to_bytes(found)) == found
    assert [type(each) for each in found] == [type(each) for each in parse_options(options)]


# Packets by two LANs.


def _node(counts: Counter[str], *, forward: bool, follow: bool) -> Ipv4:
    def count(counter: str, by: int = 1) -> None:
        counts[counter] += by

    table = ForwardingTable()
    layer = Ipv4(Ipv4Options(forward, follow), table, Random(1), count)
    for name, (text, mtu) in LANS.items():
        net = Prefix.of(Address.parse(text), 24)
        layer.set_interface(Interface(name, Address.parse(text), net, mtu=mtu), 0.0)
        table.set(net, (NextHop(ANY, name),))
    table.set(DEFAULT, (NextHop(Address.parse("10.0.2.9"), "two"),))
    return layer


def _packets(data: bytes) -> None:
    """The first byte says what the node does; each packet has one before it: its LAN, its frame, whether its checksum
    is put right, how long it took."""
    counts: Counter[str] = Counter()
    layer = _node(counts, forward=bool(data[:1] and data[0] & 1), follow=bool(data[:1] and data[0] & 2))
    now = 0.0
    for each in [each for each in pieces(data[1:]) if each][:MOST]:
        how, packet = each[0], each[1:]
        now += 11.0 if how & 8 else 0.0
        if how & 32:
            layer.send(packet, ANY, Address(0x0A000200 | how), 17, ttl=9, df=bool(how & 64), now=now)
        else:
            layer.receive(summed(packet) if how & 4 else packet, "two" if how & 1 else "one", bool(how & 2), now)
        if (due := layer.next_wake()) is not None and due <= now:
            layer.wake(now)
        _check_outcomes(layer)
    assert len(layer.show_fragments(now)) <= MOST
    layer.wake(now + 1000.0)
    assert layer.next_wake() is None
    assert layer.show_fragments(now) == []


def _check_outcomes(layer: Ipv4) -> None:
    for interface, next_hop, packet in layer.take_outgoing():
        header = Header.received(packet)
        assert len(packet) <= LANS[interface][1]
        assert header.ttl > 0
        assert not layer.interfaces.is_own(next_hop)
    for header, payload, _, packet, _ in layer.take_delivered():
        assert header == Header.received(packet)
        assert not header.is_fragment
        assert packet[header.length :] == payload
    for kind, _, rest, packet, _ in layer.take_trouble():
        assert kind in (3, 11, 12)
        assert len(rest) == 4
        assert kind != 12 or rest[0] < Header.received(packet).length


# Fragments of two datagrams, so short an input that every overlap is found.


def _fragments(data: bytes) -> None:
    """Three bytes a fragment: where it begins, in units; how long it is, in octets; which datagram, whether it is the
    last, what it is filled with, how long it took."""
    counts: Counter[str] = Counter()
    reassembler = Reassembler(lambda counter, by=1: counts.update({counter: by}), most_octets=8000, most_datagrams=3)
    now = 0.0
    for begin, length, how in zip(data[::3], data[1::3], data[2::3], strict=False):
        now += 7.0 if how & 8 else 0.0
        header = Header(Address(1), Address(2), 17, identification=how & 1, mf=not how & 2, offset=begin * 8)
        if not header.is_fragment:
            continue
        fill = how >> 4
        whole = reassembler.receive(header, header.packet(bytes((fill,)) * length), "lan", now)
        assert reassembler.octets <= 8000
        if whole is not None:
            read = Header.received(whole)
            assert not read.is_fragment
            assert read.identification == header.identification
    reassembler.wake(now + 31.0)
    assert reassembler.octets == 0
    assert counts["fragments.received"] >= counts["fragments.reassembled"]


_SOURCE_ROUTE = b"\x83\x0b\x04" + OTHER + b"\x0a\0\1\7\1"
_RECORD = b"\x07\x0b\x04" + bytes(8) + b"\0"
_STAMP = b"\x44\x0c\x05\x01" + bytes(8)
_PLAIN = Header(Address(0x0A000107), Address(0x0A000208), 17).packet(b"data")
_WORDS = (_SOURCE_ROUTE, _RECORD, _STAMP, _PLAIN, OWN, OTHER, b"\x20\0", b"\x20\1", b"\0\2", b"\x45", b"\x46", b"\x4f")

header = Target(_header, (DecodeError,), _check_header, words=_WORDS, longest=128)
options = Target(_options, (DecodeError,), _check_options, words=(*_WORDS, b"\x89\x07\x04"), longest=40)
packets = Target(_packets, words=(*_WORDS, b"\0\x1d\4", b"\0\x29\4"), longest=2048, milliseconds=200.0)
fragments = Target(_fragments, words=(b"\0\x08\0", b"\1\x08\2", b"\0\x10\0"), longest=300)
