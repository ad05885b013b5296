"""What of a call can be heard where its packets pass."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech import speech

from catenet.nodes.address import Address
from catenet.nodes.application.rtp.g711 import PCMU
from catenet.nodes.machine import Endpoint
from catenet.orchestrator.likeness import likeness
from catenet.orchestrator.wire.packets import TCP, UDP, CapturedPacket
from catenet.orchestrator.wire.speech import overheard

A, B = Endpoint(Address.parse("10.0.0.1"), 5000), Endpoint(Address.parse("10.0.0.2"), 3478)


def rtp(sequence: int, codes: bytes, *, source: int = 7, marker: bool = False) -> bytes:
    return struct.pack("!BBHII", 0x80, 0x80 * marker, sequence, 160 * sequence, source) + codes


def relayed(data: bytes, channel: int = 0x4001) -> bytes:
    """As ChannelData, padded as over TCP."""
    return struct.pack("!HH", channel, len(data)) + data + bytes(-len(data) % 4)


def seen(*payloads: bytes, protocol: int = UDP) -> list[CapturedPacket]:
    return [CapturedPacket(0.0, "s", protocol, A, B, data, 0, 64, False) for data in payloads]


def frame(code: int) -> bytes:
    return bytes((code,)) * 160


def test_each_code_is_the_sample_that_g711_has_for_it() -> None:
    codes = bytes(range(256))
    (heard,) = overheard(seen(rtp(1, codes[:160]), rtp(2, codes[96:])))
    assert heard.pcm[:320] == PCMU.decode(codes[:160])
    assert heard.pcm[320:] == PCMU.decode(codes[96:])


def test_what_is_relayed_is_heard_as_it_comes_and_as_it_goes_and_counts_once() -> None:
    said = speech(2.0, 1)
    codes = PCMU.encode(said)
    packets = [rtp(n, codes[160 * n : 160 * n + 160], marker=not n) for n in range(100)]
    (heard,) = overheard(seen(*(data for packet in packets for data in (relayed(packet), packet))))
    assert (heard.packets, heard.octets) == (100, 160)
    assert likeness(said, heard.pcm).score > 0.99


def test_each_source_is_another_recording() -> None:
    heard = overheard(seen(rtp(1, frame(1), source=1), rtp(1, frame(2), source=2), rtp(2, frame(1), source=1)))
    assert {each.source: each.packets for each in heard} == {1: 2, 2: 1}


@pytest.mark.parametrize("first", [5, 65_534])
def test_it_is_in_the_order_of_its_numbers_and_what_is_missing_is_silence(first: int) -> None:
    numbers = [first + 1, first, first + 3]
    (heard,) = overheard(seen(*(rtp(n % 65_536, frame(n - first)) for n in numbers)))
    assert heard.pcm == PCMU.decode(frame(0) + frame(1)) + bytes(320) + PCMU.decode(frame(3))


def test_a_payload_with_a_tag_is_told_by_its_length() -> None:
    (heard,) = overheard(seen(rtp(1, bytes(170))))
    assert (heard.octets, len(array("h", heard.pcm))) == (170, 160)


def test_what_is_no_speech_is_none() -> None:
    rtcp = b"\x80\xc8" + bytes(200)
    stun = b"\x00\x01" + bytes(200)
    assert overheard(seen(rtcp, stun, b"", rtp(1, bytes(20)), relayed(stun))) == []
    assert overheard(seen(rtp(1, frame(0)), protocol=TCP)) == []


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_nothing_that_passes_by_does_any_harm(payloads: list[bytes]) -> None:
    assert sum(each.packets for each in overheard(seen(*payloads))) <= len(payloads)


def test_a_source_that_jumps_far_away_costs_a_minute_of_silence_at_the_most() -> None:
    (heard,) = overheard(seen(rtp(0, frame(0)), rtp(30_000, frame(0))))
    assert len(heard.pcm) <= 2 * 8000 * 60
