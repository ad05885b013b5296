"""The five packets: the RFC's diagrams octet by octet, and what FRR and BIRD sent."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ospf_captured import captured
from test_ospf_lsa import ADDRESSES, HALF, HEADERS, OCTET, WORD, lsas

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.lsa import Lsa, LsaHeader, LsaKey, SummaryLsa
from catenet.nodes.internet.ospf.packet import (
    ACKNOWLEDGEMENT,
    DESCRIPTION,
    EXTERNAL,
    HELLO,
    INIT,
    MASTER,
    MORE,
    NONE,
    REQUEST,
    UPDATE,
    Acknowledgement,
    Description,
    Hello,
    Packet,
    PacketBody,
    Request,
    Update,
)
from catenet.nodes.machine import DecodeError

A = Address.parse
KEYS = st.builds(LsaKey, WORD, ADDRESSES, ADDRESSES)


def some(what: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(what, max_size=4).map(tuple)


BODIES = st.one_of(
    st.builds(Hello, WORD, HALF, OCTET, OCTET, WORD, ADDRESSES, ADDRESSES, some(ADDRESSES)),
    st.builds(Description, HALF, OCTET, OCTET, WORD, some(HEADERS)),
    st.builds(Request, some(KEYS)),
    st.builds(Update, some(lsas()), st.just(0)),
    st.builds(Acknowledgement, some(HEADERS)),
)
PACKETS = st.builds(Packet, ADDRESSES, ADDRESSES, BODIES)
HEAD = LsaHeader(1, 2, 1, A("2.2.2.2"), A("2.2.2.2"), -0x7FFFFFFF, 0x1234, 36)
HEAD_OCTETS = "0001 02 01 02020202 02020202 80000001 1234 0024"


@pytest.mark.parametrize(
    ("kind", "body", "octets"),
    [
        (
            HELLO,
            Hello(0xFFFFFF00, 10, EXTERNAL, 1, 40, A("10.0.1.2"), NONE, (A("2.2.2.2"), A("3.3.3.3"))),
            "ffffff00 000a 02 01 00000028 0a000102 00000000 02020202 03030303",
        ),
        (
            DESCRIPTION,
            Description(1500, EXTERNAL, INIT | MORE | MASTER, 0x01020304, ()),
            "05dc 02 07 01020304",
        ),
        (DESCRIPTION, Description(1500, EXTERNAL, MORE, 5, (HEAD, HEAD)), "05dc 02 02 00000005" + HEAD_OCTETS * 2),
        (
            REQUEST,
            Request((LsaKey(1, A("2.2.2.2"), A("2.2.2.2")), LsaKey(5, A("10.9.0.0"), A("3.3.3.3")))),
            "00000001 02020202 02020202 00000005 0a090000 03030303",
        ),
        (UPDATE, Update(()), "00000000"),
        (ACKNOWLEDGEMENT, Acknowledgement((HEAD,)), HEAD_OCTETS),
    ],
)
def test_a_3_the_layout_is_that_of_the_diagrams(kind: int, body: PacketBody, octets: str) -> None:
    inside = bytes.fromhex(octets)
    head = bytes([2, kind]) + struct.pack(">H", 24 + len(inside)) + bytes.fromhex("01010101 00000007") + bytes(12)
    packet = Packet(A("1.1.1.1"), Address(7), body)
    assert bytes(packet) == head + inside
    assert Packet.parse(head + inside) == packet
    assert packet.type == kind


@given(PACKETS)
def test_what_is_written_is_read(packet: Packet) -> None:
    data = bytes(packet)
    assert Packet.parse(data) == packet
    assert int.from_bytes(data[2:4], "big") == len(data)


@pytest.mark.parametrize("name", ["none-broadcast", "none-ptp"])
def test_what_frr_and_bird_sent_is_written_again_octet_by_octet(name: str) -> None:
    """But for the checksum, which is authentication's."""
    packets = [packet.data for packet in captured(name)]
    assert {data[1] for data in packets} == {HELLO, DESCRIPTION, REQUEST, UPDATE, ACKNOWLEDGEMENT}
    for data in packets:
        packet = Packet.parse(data)
        assert bytes(packet) == data[:12] + bytes(2) + data[14:]
        assert str(packet.router) in ("1.1.1.1", "2.2.2.2", "3.3.3.3")
        assert packet.area == (name == "none-ptp")


def test_what_frr_and_bird_meant_is_read() -> None:
    packets = {str(Packet.parse(packet.data).router): packet for packet in captured("none-broadcast")}
    first = [Packet.parse(packet.data).body for packet in captured("none-broadcast")]
    hellos = [body for body in first if isinstance(body, Hello)]
    assert packets.keys() == {"1.1.1.1", "2.2.2.2"}
    assert {(hello.mask, hello.hello, hello.dead, hello.priority) for hello in hellos} == {(0xFFFFFF00, 1, 4, 1)}
    assert {hello.options & EXTERNAL for hello in hellos} == {EXTERNAL}
    begun = [body for body in first if isinstance(body, Description) and body.flags & INIT]
    assert {(body.mtu, body.flags, body.headers) for body in begun} == {(1500, INIT | MORE | MASTER, ())}


# Section 13 (1): "If the checksum turns out to be invalid, discard the LSA and get the next one"

LSAS = st.lists(lsas(), min_size=1, max_size=4)


@given(LSAS, st.integers(0), st.integers(1, 254))
def test_13_a_broken_lsa_is_left_out_and_counted(given_lsas: list, which: int, change: int) -> None:
    whole = bytes(Update(tuple(given_lsas)))
    at = which % len(given_lsas)
    sequence = 4 + sum(len(lsa.data) for lsa in given_lsas[:at]) + 15
    broken = whole[:sequence] + bytes([whole[sequence] ^ change]) + whole[sequence + 1 :]
    assert Update.parse(broken) == Update(tuple(given_lsas[:at] + given_lsas[at + 1 :]), 1)


LSA = Lsa.make(LsaKey(3, A("10.0.0.0"), A("1.1.1.1")), 2, 1, SummaryLsa(0xFF000000, 1)).data


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (HELLO, bytes(19), "Hello"),
        (HELLO, bytes(22), "Hello"),
        (DESCRIPTION, bytes(7), "Database Description"),
        (DESCRIPTION, bytes(8 + 19), "LSA headers"),
        (REQUEST, bytes(11), "Link State Request"),
        (UPDATE, bytes(3), "Link State Update"),
        (UPDATE, b"\0\0\0\1", "LSA header"),
        (UPDATE, b"\xff\xff\xff\xff" + LSA, "LSA header"),
        (UPDATE, b"\0\0\0\1" + LSA[:-1], "LSA length"),
        (UPDATE, b"\0\0\0\1" + LSA[:18] + b"\0\x13" + LSA[20:], "LSA length"),
        (UPDATE, b"\0\0\0\1" + LSA + b"\0", "Link State Update LSAs"),
        (ACKNOWLEDGEMENT, bytes(21), "LSA headers"),
        (0, b"", "type"),
        (6, b"", "type"),
    ],
)
def test_what_does_not_fit_is_named(kind: int, body: bytes, field: str) -> None:
    with pytest.raises(DecodeError) as error:
        Packet.parse(bytes([2, kind]) + bytes(22) + body)
    assert error.value.field == field


@given(st.integers(0, 6), st.binary(max_size=120))
def test_random_octets_are_refused_and_nothing_worse(kind: int, body: bytes) -> None:
    for data in (body, bytes([2, kind]) + bytes(22) + body):
        try:
            packet = Packet.parse(data)
        except DecodeError:
            continue
        assert bytes(packet)[24:] == data[24:] or isinstance(packet.body, Update | Description | Acknowledgement)
