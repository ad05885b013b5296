"""The header of a packet, against scapy, which has a codec of its own, and against anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP
from scapy.packet import Raw

from catenet.nodes.address import Address
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.internet.ipv4.header import LONGEST, Header
from catenet.nodes.machine import DecodeError

# A datagram that Linux sent, as tcpdump wrote it (with a source route).
KERNELS = bytes.fromhex(
    "4a00003cb39b40003f119a910a0c01010a0c0d048313080a0c0d010a0c0e060a0c0f030a0c020100e8d1829a00140000736f757263652d72"
    "6f757465"
)
addresses = st.integers(0, 2**32 - 1).map(Address)
words = st.integers(0, 10).flatmap(lambda number: st.binary(min_size=number * 4, max_size=number * 4))
headers = st.builds(
    Header,
    addresses,
    addresses,
    protocol=st.integers(0, 255),
    ttl=st.integers(0, 255),
    tos=st.integers(0, 255),
    identification=st.integers(0, 65535),
    df=st.booleans(),
    mf=st.booleans(),
    offset=st.integers(0, 8191).map(lambda number: number * 8),
    options=words,
    reserved=st.booleans(),
)
payloads = st.binary(max_size=64)


def scapys(packet: bytes) -> Any:
    return IP(packet)


@given(headers, payloads)
def test_scapy_reads_what_we_write(header: Header, payload: bytes) -> None:
    read = scapys(header.packet(payload))
    assert (read.version, read.ihl * 4, read.tos, read.len) == (
        4,
        header.length,
        header.tos,
        header.length + len(payload),
    )
    assert (read.id, read.ttl, read.proto) == (header.identification, header.ttl, header.protocol)
    assert int(read.flags) == header.reserved << 2 | header.df << 1 | header.mf
    assert (read.frag * 8, read.src, read.dst) == (header.offset, str(header.source), str(header.destination))
    again = read.copy()
    del again.chksum
    assert scapys(bytes(again)).chksum == read.chksum  # it works the checksum out by itself


@given(headers.map(lambda header: header._replace(options=b"")), payloads)
def test_scapy_writes_what_we_write(header: Header, payload: bytes) -> None:
    flags = header.reserved << 2 | header.df << 1 | header.mf
    made = IP(
        tos=header.tos,
        id=header.identification,
        flags=flags,
        frag=header.offset >> 3,
        ttl=header.ttl,
        proto=header.protocol,
        src=str(header.source),
        dst=str(header.destination),
    )
    assert bytes(made / Raw(payload)) == header.packet(payload)


@given(headers, payloads, st.binary(max_size=8))
def test_it_is_read_as_it_was_written_whatever_fills_the_frame(header: Header, payload: bytes, behind: bytes) -> None:
    packet = header.packet(payload)
    read = Header.received(packet + behind)
    assert read == header._replace(total_length=len(packet))
    assert bytes(read) + payload == packet
    assert checksum(packet[: read.length]) == 0


@given(headers, payloads, st.data())
def test_one_bit_that_is_another_is_seen(header: Header, payload: bytes, data: st.DataObject) -> None:
    packet = bytearray(header.packet(payload))
    bit = data.draw(st.integers(0, header.length * 8 - 1))
    packet[bit >> 3] ^= 0x80 >> (bit & 7)
    with pytest.raises(DecodeError):
        Header.received(bytes(packet))


@given(st.binary(max_size=80))
def test_whatever_comes_is_refused_or_read_as_it_is(data: bytes) -> None:
    try:
        header = Header.parse(data)
    except DecodeError:
        return
    made = bytes(header)
    assert made[:10] + data[10:12] + made[12:] == data[: header.length]


def test_a_header_of_the_kernels() -> None:
    header = Header.received(KERNELS)
    assert bytes(header) == KERNELS[:40]
    assert (header.df, header.mf, header.offset, header.is_fragment) == (True, False, 0, False)
    assert (header.identification, header.total_length, header.ttl) == (0xB39B, 60, 63)


def test_791_3_1_a_packet_has_65_535_octets_at_most() -> None:
    header = Header(Address(1), Address(2), 1)
    assert len(header.packet(bytes(LONGEST - 20))) == 65_535
    with pytest.raises(ValueError, match="65536 octets, and an IPv4 packet has 65535 at most"):
        header.packet(bytes(LONGEST - 19))


def test_a_quotation_is_read_without_the_rest() -> None:
    """An ICMP error has the header, and eight octets behind it."""
    assert Header.parse(KERNELS[:48]).total_length == 60
    with pytest.raises(DecodeError, match="total length 60"):
        Header.received(KERNELS[:48])
