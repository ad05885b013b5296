"""Echo on the wire (RFC 792)."""

from __future__ import annotations

import struct

import pytest
from checksums import word_by_word
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.internet.icmp.packet import Echo
from catenet.nodes.internet.ipv4.checksum import checksum
from catenet.nodes.machine import DecodeError

ASKED = Echo(0x1234, 7, b"abc")


DATA = "e7bb0d0000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
PING = bytes.fromhex(f"0800e5c6bde6000193570d6b00000000{DATA}")
PONG = bytes.fromhex(f"0000edc6bde6000193570d6b00000000{DATA}")
"""Captured with tcpdump between two containers: the first Echo of Debian's `ping`, and what Linux 6.18 answered."""


def test_what_ping_and_the_kernel_say_to_each_other_is_read_and_written_octet_by_octet() -> None:
    asked, answered = Echo.parse(PING), Echo.parse(PONG)
    assert (asked.identifier, asked.sequence, asked.reply) == (0xBDE6, 1, False)
    assert answered == asked.answer()
    assert (bytes(asked), bytes(answered)) == (PING, PONG)


def test_the_octets_are_where_the_diagram_has_them() -> None:
    """Type 8, code 0, the checksum, identifier, sequence number, data."""
    message = bytes(ASKED)
    assert message[:2] == b"\x08\x00"
    assert message[4:] == b"\x12\x34\x00\x07abc"
    assert int.from_bytes(message[2:4], "big") == word_by_word(b"\x08\x00\x00\x00\x12\x34\x00\x07abc")


def test_the_answer_has_type_0_and_all_else_is_returned() -> None:
    """ "The data received in the echo message must be returned in the echo reply message." """
    message = bytes(ASKED.answer())
    assert message[:2] == b"\x00\x00"
    assert message[4:] == bytes(ASKED)[4:]
    assert Echo.parse(message) == Echo(0x1234, 7, b"abc", reply=True)


@given(st.binary(max_size=200))
def test_the_checksum_is_rfc_1071s(message: bytes) -> None:
    assert checksum(message) == word_by_word(message)


@given(st.builds(Echo, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=64), st.booleans()))
def test_what_is_sent_is_read(echo: Echo) -> None:
    assert Echo.parse(bytes(echo)) == echo


def with_checksum(head: bytes) -> bytes:
    return head[:2] + struct.pack(">H", word_by_word(head[:2] + b"\0\0" + head[4:])) + head[4:]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "length 0: an Echo has 8 octets or more"),
        (bytes(ASKED)[:7], "length 7"),
        (with_checksum(b"\x03\x01" + bytes(ASKED)[2:]), "type 3: an Echo has 8 or 0"),
        (with_checksum(b"\x08\x01" + bytes(ASKED)[2:]), "code 1: an Echo has 0"),
        (bytes(ASKED)[:-1] + b"d", "checksum '[0-9a-f]{4}': it does not fit the message"),
        (bytes(8), "checksum '0000'"),
    ],
)
def test_what_is_no_echo_is_refused_by_field_and_value(message: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        Echo.parse(message)


@given(st.binary(min_size=8, max_size=64))
def test_anything_is_read_or_refused(message: bytes) -> None:
    try:
        echo = Echo.parse(message)
    except DecodeError:
        return
    assert Echo.parse(bytes(echo)) == echo
