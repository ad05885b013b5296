"""Packets read and rewritten: by RFC 1624 as by adding all the words anew."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nat_home import ends, icmp, is_whole, tcp, transport_sum, udp, words_sum

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.checksum import adjust, checksum, difference
from catenet.nodes.internet.nat.header import FragmentError, Header, rewrite
from catenet.nodes.machine import DecodeError, Endpoint

NUMBER = st.integers(0, 0xFFFF)
ENDPOINT = st.builds(lambda address, port: f"{Address(address)}:{port}", st.integers(0, 0xFFFFFFFF), NUMBER)
OPTIONS = st.sampled_from([b"", b"\x01\x01\x01\x00", bytes(40)])


def endpoint(text: str) -> Endpoint:
    address, _, port = text.partition(":")
    return Endpoint(Address.parse(address), int(port))


ENDS = st.tuples(ENDPOINT, ENDPOINT)


@given(st.sampled_from(["udp", "tcp"]), ENDS, ENDS, st.binary(max_size=64), OPTIONS)
def test_what_is_rewritten_is_what_would_have_been_made(
    kind: str, ends: tuple[str, str], others: tuple[str, str], data: bytes, options: bytes
) -> None:
    """Every checksum is that of adding all words, and the rest is untouched."""

    def made(ends: tuple[str, str]) -> bytes:
        if kind == "udp":
            return udp(*ends, data, options=options)
        return tcp(*ends, "PA", seq=1, ack=2, data=data, options=options)

    packet = made(ends)
    again = rewrite(packet, Header.parse(packet), *map(endpoint, others))
    assert again == made(others)
    assert rewrite(again, Header.parse(again), *map(endpoint, ends)) == packet


@given(NUMBER, NUMBER, st.sampled_from([8, 0, 13, 14, 15, 16, 17, 18]), st.binary(max_size=33))
def test_the_identifier_of_a_query_and_of_its_answer(was: int, to: int, kind: int, data: bytes) -> None:
    packet = icmp("192.168.1.2", "10.0.0.9", kind, rest=struct.pack(">HH", was, 1), data=data)
    header = Header.parse(packet)
    source, destination = header.source, header.destination
    if header.is_query:
        assert source.port == was
        source = source._replace(port=to)
    else:
        assert destination.port == was
        destination = destination._replace(port=to)
    again = rewrite(packet, header, source, destination)
    assert again == icmp("192.168.1.2", "10.0.0.9", kind, rest=struct.pack(">HH", to, 1), data=data)


def test_what_is_not_to_be_rewritten_is_the_same_object() -> None:
    packet = udp("192.168.1.2:1", "10.0.0.9:2")
    header = Header.parse(packet)
    assert rewrite(packet, header, header.source, header.destination) is packet


@pytest.mark.parametrize(
    "data", [b"\0\0", b"\xff\xff", b"\0\0\0", b"\xff\xff\xff\xff", b"\x12\x34\x56", bytes(range(99))]
)
def test_the_checksum_is_the_complement_of_the_sum_of_the_words(data: bytes) -> None:
    """RFC 1071 section 1."""
    assert checksum(data) == words_sum(data) ^ 0xFFFF


def test_the_example_of_rfc_1624() -> None:
    """Section 4: "HC = 0xDD2F, m = 0x5555, m' = 0x3285" gives 0x0000, where RFC 1141 has 0xFFFF."""
    assert adjust(0xDD2F, difference(b"\x55\x55", b"\x32\x85")) == 0x0000


def test_a_udp_checksum_that_comes_out_as_zero_is_all_ones() -> None:
    """RFC 768: zero would say that there is none. A datagram for which it does: by the rule and by hand."""
    head = struct.pack(">HHHH", 5000, 7, 10, 0)
    data = struct.pack(">H", transport_sum("10.0.0.1:5000", "10.0.0.9:7", 17, head + b"\0\0"))
    packet = udp("192.168.1.2:5000", "10.0.0.9:7", data)
    header = Header.parse(packet)
    again = rewrite(packet, header, endpoint("10.0.0.1:5000"), header.destination)
    assert again[26:28] == b"\xff\xff"
    assert is_whole(again)


@pytest.mark.parametrize(
    ("packet", "field"),
    [
        (b"", "length"),
        (bytes(19), "length"),
        (bytes(20), "version and IHL"),
        (b"\x65" + bytes(40), "version and IHL"),
        (b"\x44" + bytes(40), "version and IHL"),
        (udp("1.1.1.1:1", "2.2.2.2:2")[:-1], "total length"),
        (udp("1.1.1.1:1", "2.2.2.2:2", b"")[:27], "total length"),
        (tcp("1.1.1.1:1", "2.2.2.2:2", "S")[:39], "total length"),
        (b"\x4f" + udp("1.1.1.1:1", "2.2.2.2:2")[1:], "version and IHL"),
    ],
)
def test_what_is_no_packet_says_which_field(packet: bytes, field: str) -> None:
    with pytest.raises(DecodeError) as refused:
        Header.parse(packet)
    assert refused.value.field == field


def test_a_fragment_says_so() -> None:
    with pytest.raises(FragmentError):
        Header.parse(udp("1.1.1.1:1", "2.2.2.2:2", fragment=0x2000))
    first = udp("1.1.1.1:1", "2.2.2.2:2", fragment=0x2000)
    assert Header.parse(first, embedded=True).source.port == 1  # its ports are there
    with pytest.raises(FragmentError):
        Header.parse(udp("1.1.1.1:1", "2.2.2.2:2", fragment=0x0001), embedded=True)


def test_the_first_eight_octets_are_enough_of_an_embedded_packet() -> None:
    packet = tcp("1.1.1.1:1", "2.2.2.2:2", "S", seq=7)[:28]
    header = Header.parse(packet, embedded=True)
    again = rewrite(packet, header, endpoint("3.3.3.3:3"), header.destination)
    assert len(again) == 28
    assert ends(again + bytes(12)) == ("3.3.3.3:3", "2.2.2.2:2")
    assert words_sum(again[:20]) == 0xFFFF
