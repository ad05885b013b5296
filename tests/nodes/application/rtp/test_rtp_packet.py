"""RTP's header (RFC 3550 section 5, appendix A.1), and which datagram is RTCP (RFC 5761 section 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.rtp.packet import Extension, Packet, is_control, payload_start
from catenet.nodes.machine import DecodeError

WORD = st.integers(0, 2**32 - 1)
EXTENSIONS = st.builds(Extension, st.integers(0, 65535), st.integers(0, 8).map(lambda words: b"\7" * 4 * words))
PACKETS = st.builds(
    Packet,
    st.integers(0, 127),
    st.integers(0, 65535),
    WORD,
    WORD,
    st.binary(max_size=200),
    st.booleans(),
    st.lists(WORD, max_size=15).map(tuple),
    st.none() | EXTENSIONS,
)


def test_each_field_has_its_place() -> None:
    """Section 5.1; the packet is RFC 7714 section 16's."""
    text = b"Gallia est omnis divisa in partes tres"
    data = bytes.fromhex("8040f17b 8041f8d3 5501a0b2") + text
    assert Packet.parse(data) == Packet(64, 0xF17B, 0x8041F8D3, 0x5501A0B2, text)
    assert bytes(Packet.parse(data)) == data


def test_marker_sources_and_extension_are_read() -> None:
    """Sections 5.1 and 5.3.1: by hand, two CSRCs, an extension of one word."""
    data = bytes.fromhex("92 88 0001 00000002 00000003  0000000a 0000000b  bede 0001 01020304  ffee")
    read = Packet(8, 1, 2, 3, b"\xff\xee", True, (10, 11), Extension(0xBEDE, b"\1\2\3\4"))
    assert Packet.parse(data) == read
    assert bytes(read) == data
    assert payload_start(data) == 28


def test_zero_is_a_valid_length_of_an_extension() -> None:
    """5.3.1: "excluding the four-octet extension header (therefore zero is a valid length)"."""
    packet = Packet.parse(bytes.fromhex("90 00 0001 00000002 00000003  1234 0000  55"))
    assert (packet.extension, packet.payload) == (Extension(0x1234, b""), b"\x55")


def test_padding_is_not_part_of_the_payload() -> None:
    """5.1: "a count of how many padding octets should be ignored, including itself"."""
    head = bytes.fromhex("a0 00 0001 00000002 00000003")
    assert Packet.parse(head + b"speech\0\0\3").payload == b"speech"
    assert Packet.parse(head + b"\1").payload == b""


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ("", "length"),
        ("80 00 0001 00000002 000000", "length"),
        ("00 00 0001 00000002 00000003", "version"),
        ("40 00 0001 00000002 00000003", "version"),
        ("c0 00 0001 00000002 00000003", "version"),
        ("81 00 0001 00000002 00000003", "length"),
        ("90 00 0001 00000002 00000003 bede", "length"),
        ("90 00 0001 00000002 00000003 bede 0002 00000000", "length"),
        ("90 00 0001 00000002 00000003 bede ffff 00000000", "length"),
        ("a0 00 0001 00000002 00000003", "padding"),
        ("a0 00 0001 00000002 00000003 00", "padding"),
        ("a0 00 0001 00000002 00000003 00 00 04", "padding"),
        ("a1 00 0001 00000002 00000003 0000000a 02", "padding"),
    ],
)
def test_what_is_not_valid_names_its_field(data: str, field: str) -> None:
    """Appendix A.1."""
    with pytest.raises(DecodeError) as raised:
        Packet.parse(bytes.fromhex(data))
    assert raised.value.field == field


@given(PACKETS)
def test_what_is_written_is_read(packet: Packet) -> None:
    assert Packet.parse(bytes(packet)) == packet


@given(st.binary(max_size=80))
def test_any_octets_are_a_packet_or_refused(data: bytes) -> None:
    try:
        packet = Packet.parse(data)
    except DecodeError:
        return
    assert len(packet.payload) <= len(data) - 12
    assert Packet.parse(bytes(packet)) == packet


@given(st.integers(0, 127), st.booleans())
def test_the_packet_type_tells_rtcp_from_rtp(payload_type: int, marker: bool) -> None:
    """RFC 5761 section 4: RTCP's types are 192 to 223, so payload types 64 to 95 are not used."""
    data = bytes(Packet(payload_type, 1, 2, 3, b"", marker))
    assert is_control(data) == (192 <= data[1] <= 223)


def test_what_has_no_second_octet_is_no_rtcp() -> None:
    assert not is_control(b"")
    assert not is_control(b"\x80")
