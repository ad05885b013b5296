"""STUN and ChannelData on a byte stream (RFC 8489 section 6.2.2, RFC 8656 sections 12.4 to 12.6)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.stun.attributes import DATA
from catenet.nodes.application.stun.framing import (
    LONGEST,
    Frames,
    channel_data,
    is_channel_data,
    padded,
    read_channel_data,
)
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.machine import DecodeError

STUN = Message(Method.BINDING, Kind.REQUEST, bytes(12)).encode(b"key", fingerprint=True)
CHANNELS = st.builds(channel_data, st.integers(0x4000, 0x7FFF), st.binary(max_size=40))
MESSAGES = st.just(STUN) | CHANNELS


def drained(frames: Frames) -> list[bytes]:
    found = []
    while (message := frames.next()) is not None:
        found.append(message)
    return found


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(0, 300), max_size=8))
def test_messages_come_whole_in_any_slicing(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(padded, messages))
    frames, found = Frames(), []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for begin, end in pairwise(edges):
        frames.receive(stream[begin:end])
        found += drained(frames)
    assert found == messages


def test_each_octet_alone() -> None:
    frames, found = Frames(), []
    for octet in STUN + padded(channel_data(0x4001, b"hello")) + STUN:
        frames.receive(bytes([octet]))
        found += drained(frames)
    assert found == [STUN, channel_data(0x4001, b"hello"), STUN]


@given(st.integers(0x4000, 0x7FFF), st.binary(max_size=2000))
def test_12_4_channel_data_is_written_and_read(number: int, data: bytes) -> None:
    message = channel_data(number, data)
    assert message == number.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data
    assert is_channel_data(message)
    assert read_channel_data(message) == (number, data)


def test_12_5_over_tcp_it_is_padded_and_the_length_does_not_say_so() -> None:
    """ "the ChannelData message MUST be padded to a multiple of four bytes"; "the actual size of a ChannelData message
    (including padding) is (4 + Length) rounded up to the nearest multiple of 4"."""
    assert padded(channel_data(0x4000, b"abcde")) == bytes.fromhex("4000 0005 6162636465 000000")
    assert padded(channel_data(0x4000, b"abcd")) == bytes.fromhex("4000 0004 61626364")
    assert padded(STUN) == STUN


def test_12_5_padding_of_a_datagram_is_no_data() -> None:
    """ "Over UDP, the padding is not required but MAY be included."."""
    assert read_channel_data(bytes.fromhex("4000 0005 6162636465 ffffff")) == (0x4000, b"abcde")


def test_12_4_0_is_a_valid_length() -> None:
    assert read_channel_data(bytes.fromhex("4fff 0000")) == (0x4FFF, b"")
    frames = Frames()
    frames.receive(bytes.fromhex("4fff 0000"))
    assert drained(frames) == [bytes.fromhex("4fff 0000")]


@pytest.mark.parametrize("octets", ["40", "4000", "400000", "4000 0001", "4000 0005 61626364"])
def test_12_6_a_datagram_too_short_for_its_length(octets: str) -> None:
    with pytest.raises(DecodeError, match="length of ChannelData"):
        read_channel_data(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "octets",
    # the first two bits are neither 00 nor 01; a STUN length is in fours; the cookie is another
    ["80", "c0", "ff00 0000", "0001 0001", "0001 0000 22", "0001 0000 2113", "0001 0000 2112a443"],
)
def test_what_is_neither_is_an_error_as_soon_as_it_can_be_seen(octets: str) -> None:
    frames = Frames()
    frames.receive(STUN + bytes.fromhex(octets))
    assert frames.next() == STUN  # what came before it is whole
    for _ in range(2):
        with pytest.raises(DecodeError):
            frames.next()


def test_a_frame_over_the_limit_is_refused_by_its_header() -> None:
    frames = Frames(longest=2048)
    frames.receive(channel_data(0x4000, bytes(2044)))
    assert len(drained(frames)[0]) == 2048
    frames.receive(bytes.fromhex("4000 07fd"))
    with pytest.raises(DecodeError, match="over 2048 octets"):
        frames.next()


def test_the_limit_may_grow_between_two_frames_that_came_together() -> None:
    """A client that is known by the first may send more in the second."""
    long = channel_data(0x4000, bytes(3000))
    frames = Frames(longest=2048)
    frames.receive(STUN + long)
    assert frames.next() == STUN
    frames.longest = LONGEST
    assert frames.next() == long


@pytest.mark.parametrize("length", [0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF])
def test_the_longest_frames(length: int) -> None:
    """coturn issue 1837: from 0xFFFD on the frame's length did not fit into 16 bits, and its data were read as further
    messages."""
    frames, message = Frames(), channel_data(0x4000, STUN * (length // len(STUN)) + bytes(length % len(STUN)))
    frames.receive(padded(message) + STUN)
    assert drained(frames) == [message, STUN]


def test_the_longest_stun_message() -> None:
    message = Message(Method.DATA, Kind.INDICATION, bytes(12), (DATA.of(bytes(0xFFFC - 4)),)).encode()
    assert len(message) == LONGEST
    frames = Frames()
    frames.receive(message)
    assert drained(frames) == [message]
