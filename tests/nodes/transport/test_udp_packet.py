"""UDP on the wire (RFC 768)."""

from __future__ import annotations

import pytest
from checksums import word_by_word
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError
from catenet.nodes.transport.udp.packet import HEADER, LARGEST, UdpPacket

A, B = Address.parse("10.0.1.1"), Address.parse("10.0.1.2")

ports = st.integers(0, 65_535)
addresses = st.integers(0, 0xFFFFFFFF).map(Address)


def with_pseudo_header(source: Address, destination: Address, datagram: bytes) -> int:
    """The checksum over the pseudo-header and the datagram, as RFC 768 and RFC 1071 section 4.1 have it written."""
    return word_by_word(
        source.pack() + destination.pack() + bytes((0, 17)) + len(datagram).to_bytes(2, "big") + datagram
    )


def test_the_octets_are_where_the_diagram_has_them() -> None:
    """Source port, destination port, length, checksum, data. The sum by hand: the addresses, 0a00 + 0101 + 0a00 + 0102;
    protocol and length, 0011 + 000b; the header, 1234 + 0035 + 000b; the data, 6162 + 6300: ecf5, whose complement is
    130a."""
    assert UdpPacket(0x1234, 53, b"abc").to_bytes(A, B) == bytes.fromhex("1234 0035 000b 130a 616263")


@given(ports, ports, st.binary(max_size=100), addresses, addresses)
def test_what_is_written_is_read_and_fits(one: int, other: int, data: bytes, source: Address, to: Address) -> None:
    datagram = UdpPacket(one, other, data).to_bytes(source, to)
    assert with_pseudo_header(source, to, datagram) == 0
    assert UdpPacket.parse(datagram, source, to) == UdpPacket(one, other, data)


def test_768_a_computed_zero_is_sent_as_all_ones() -> None:
    """ "If the computed checksum is zero, it is transmitted as all ones." """
    bare = UdpPacket(7, 9, b"\0\0").to_bytes(A, B)
    filled = bare[6:8]  # what stood for zeros makes the sum all ones
    datagram = UdpPacket(7, 9, filled).to_bytes(A, B)
    assert with_pseudo_header(A, B, datagram[:6] + b"\0\0" + filled) == 0
    assert datagram[6:8] == b"\xff\xff"
    assert UdpPacket.parse(datagram, A, B).data == filled


def test_768_who_has_no_checksum_is_believed_and_a_wrong_one_is_not() -> None:
    datagram = UdpPacket(7, 9, b"abc").to_bytes(A, B)
    assert UdpPacket.parse(datagram[:6] + b"\0\0" + b"xyz", A, B).data == b"xyz"
    for wrong in (datagram[:8] + b"abd", datagram[:1] + b"\x08" + datagram[2:]):
        with pytest.raises(DecodeError, match="UDP checksum"):
            UdpPacket.parse(wrong, A, B)
    with pytest.raises(DecodeError, match="UDP checksum"):
        UdpPacket.parse(datagram, A, Address(B + 1))


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (b"", "length"),
        (bytes(7), "length"),
        (bytes.fromhex("0007000900070000"), "UDP length"),
        (bytes.fromhex("0007000900090000"), "UDP length"),
        (bytes.fromhex("0007000900000000"), "UDP length"),
    ],
)
def test_what_is_no_datagram(payload: bytes, field: str) -> None:
    with pytest.raises(DecodeError, match=field):
        UdpPacket.parse(payload, A, B)


def test_what_stands_behind_its_length_is_not_its_own() -> None:
    assert UdpPacket.parse(UdpPacket(7, 9, b"abc").to_bytes(A, B) + b"more", A, B).data == b"abc"


def test_the_largest_and_one_more() -> None:
    assert len(UdpPacket(7, 9, bytes(LARGEST)).to_bytes(A, B)) == LARGEST + HEADER == 65_535 - 20
    with pytest.raises(ValueError, match="65508 octets"):
        UdpPacket(7, 9, bytes(LARGEST + 1)).to_bytes(A, B)
    with pytest.raises(ValueError, match="no port"):
        UdpPacket(7, 65_536, b"").to_bytes(A, B)


@given(st.binary(max_size=80))
def test_whatever_comes(payload: bytes) -> None:
    try:
        read = UdpPacket.parse(payload, A, B)
    except DecodeError:
        return
    assert len(read.data) <= len(payload) - HEADER
