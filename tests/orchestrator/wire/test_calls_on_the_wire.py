"""STUN, ChannelData and RTP in packets: RFC 5769's vectors, what our rooms write, and bytes that are nothing."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.stun.attributes import CHANNEL_NUMBER, DATA, XOR_PEER_ADDRESS
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.machine import Endpoint
from catenet.orchestrator.wire.packets import TCP, UDP, CapturedPacket
from catenet.orchestrator.wire.rtp import is_rtcp, read_rtp
from catenet.orchestrator.wire.stun import BINDING, CHANNEL_BIND, carried, read_stun

# RFC 5769 section 2.1, and section 2.2.
REQUEST = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b1"
    "51263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
)
RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599"
    "fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
)
PEER = Endpoint(Address.parse("203.0.113.7"), 5000)
RTP = struct.pack("!BBHII", 0x80, 0x80, 7, 160, 0xCAFE) + bytes(160)


def packet(payload: bytes, protocol: int = UDP) -> CapturedPacket:
    return CapturedPacket(0.0, "a", protocol, PEER, PEER, payload, 1, 64, True)


def test_rfc_5769_a_request_and_its_response() -> None:
    request, response = read_stun(REQUEST), read_stun(RESPONSE)
    assert request is not None and response is not None
    assert (request.method, request.kind, request.username) == (BINDING, "request", "evtj:h6vY")
    assert (response.kind, str(response.mapped)) == ("success", "192.0.2.1:32853")
    assert request.transaction == response.transaction


def test_what_a_relay_carries_is_taken_out_of_its_wrapping() -> None:
    send = Message(Method.SEND, Kind.INDICATION, b"t" * 12, (XOR_PEER_ADDRESS.of(PEER), DATA.of(REQUEST)))
    (found,) = carried(packet(send.encode()))
    assert (found.data, found.wrapped, found.peer) == (REQUEST, True, PEER)
    (found,) = carried(packet(struct.pack("!HH", 0x4001, len(RTP)) + RTP))
    assert (found.data, found.wrapped, found.channel) == (RTP, True, 0x4001)
    bind = Message(Method.CHANNEL_BIND, Kind.REQUEST, b"t" * 12, (CHANNEL_NUMBER.of(0x4001), XOR_PEER_ADDRESS.of(PEER)))
    seen = read_stun(bind.encode())
    assert seen is not None and (seen.method, seen.channel, seen.peer) == (CHANNEL_BIND, 0x4001, PEER)


def test_a_segment_of_tcp_has_several_and_channel_data_are_padded() -> None:
    data = struct.pack("!HH", 0x4001, 5) + b"\x80abcd" + bytes(3) + RESPONSE
    assert [each.data for each in carried(packet(data, TCP))] == [b"\x80abcd", RESPONSE]


def test_rtp_is_no_rtcp() -> None:
    seen = read_rtp(RTP)
    assert seen is not None and (seen.source, seen.sequence, seen.payload) == (0xCAFE, 7, "PCMU")
    report = struct.pack("!BBHI", 0x80, 201, 1, 0xCAFE) + bytes(8)
    assert read_rtp(report) is None and is_rtcp(report) and not is_rtcp(RTP)


@given(st.binary(max_size=80), st.sampled_from([UDP, TCP]))
def test_bytes_that_are_nothing_do_no_harm(data: bytes, protocol: int) -> None:
    for start in (b"", REQUEST[:20], b"\x40\x00"):
        for each in carried(packet(start + data, protocol)):
            assert len(each.data) <= len(start + data)
            read_rtp(each.data)
