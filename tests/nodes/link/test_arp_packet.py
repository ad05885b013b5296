"""ARP packets (RFC 826), and the announcement of an address (RFC 5227)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers import l2 as scapy

from catenet.nodes.address import Address
from catenet.nodes.link.arp.packet import REPLY, REQUEST, ArpPacket, announcement
from catenet.nodes.machine import DecodeError

HARDWARE = st.binary(min_size=6, max_size=6)
ADDRESSES = st.integers(0, 0xFFFFFFFF).map(Address)
PACKETS = st.builds(ArpPacket, st.sampled_from((REQUEST, REPLY)), HARDWARE, ADDRESSES, HARDWARE, ADDRESSES)

# As tcpdump -x shows it of Linux: who-has 10.0.1.2 tell 10.0.1.1
REQUEST_BYTES = bytes.fromhex("0001 0800 06 04 0001 02420a000101 0a000101 000000000000 0a000102")


def test_826_packet_format_of_a_request() -> None:
    packet = ArpPacket.parse(REQUEST_BYTES)
    assert packet == ArpPacket(
        REQUEST,
        bytes.fromhex("02420a000101"),
        Address.parse("10.0.1.1"),
        bytes(6),
        Address.parse("10.0.1.2"),
    )
    assert bytes(packet) == REQUEST_BYTES


def test_5227_1_1_an_announcement_has_the_address_twice_and_no_target_hardware() -> None:
    """ "both the sender and target IP address fields contain the IP address being announced"; "The 'target hardware
    address' field is ignored and SHOULD be set to all zeroes"."""
    said = bytes(announcement(bytes.fromhex("02420a000101"), Address.parse("10.0.1.1")))
    assert said == bytes.fromhex("0001 0800 06 04 0001 02420a000101 0a000101 000000000000 0a000101")


@given(PACKETS, st.binary(max_size=20))
def test_what_is_written_is_read_whatever_pads_the_frame(packet: ArpPacket, padding: bytes) -> None:
    assert ArpPacket.parse(bytes(packet) + padding) == packet


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (1, 6, "hardware space 6"),
        (2, 0x86, "protocol space 34304"),
        (4, 8, "hardware length 8"),
        (5, 16, "protocol length 16"),
        (7, 0, "opcode 0"),
        (7, 3, "opcode 3"),
    ],
)
def test_826_packet_reception_what_is_not_of_ipv4_on_ethernet_is_discarded(place: int, value: int, words: str) -> None:
    wrong = bytearray(REQUEST_BYTES)
    wrong[place] = value
    with pytest.raises(DecodeError, match=words):
        ArpPacket.parse(bytes(wrong))


@given(PACKETS)
def test_scapy_reads_and_writes_the_same_octets(packet: ArpPacket) -> None:
    read = scapy.ARP(bytes(packet))
    assert (read.hwtype, read.ptype, read.hwlen, read.plen, read.op) == (1, 0x0800, 6, 4, packet.opcode)
    assert (read.hwsrc, read.hwdst) == (packet.sender_hardware.hex(":"), packet.target_hardware.hex(":"))
    assert (read.psrc, read.pdst) == (str(packet.sender), str(packet.target))
    written = scapy.ARP(op=packet.opcode, hwsrc=read.hwsrc, psrc=read.psrc, hwdst=read.hwdst, pdst=read.pdst)
    assert bytes(written) == bytes(packet)


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    try:
        packet = ArpPacket.parse(data)
    except DecodeError:
        return
    assert bytes(packet) == data[:28]


def test_a_packet_that_is_cut_short_is_refused() -> None:
    for length in range(len(REQUEST_BYTES)):
        with pytest.raises(DecodeError, match=f"length {length}: less than 28"):
            ArpPacket.parse(REQUEST_BYTES[:length])
