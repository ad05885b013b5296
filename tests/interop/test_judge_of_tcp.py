"""The judge of what our programs send: he does not blame them for what a kernel does, and which ports it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from dissected import Tshark, complaints, is_sent_again, tshark
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from catenet.orchestrator.wire.packets import Frame, pcap_header, pcap_record

pytestmark = pytest.mark.engine

ON_ITS_PORT = ("-d", "tcp.port==3478,stun")
BINDING = bytes.fromhex("0001 0000 2112a442") + b"0123456789ab"  # a request without attributes (RFC 8489 section 5)
WRONG = (
    BINDING[:3] + b"\x08" + BINDING[4:] + bytes.fromhex("8028 0004 00000000")
)  # FINGERPRINT (section 14.7), and not its


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


def connection(message: bytes) -> bytes:
    """It is sent three times, since an answer was late and then lost, and acknowledged twice (RFC 2883); then reset."""
    there, back = IP(src="10.0.0.1", dst="10.0.0.2"), IP(src="10.0.0.2", dst="10.0.0.1")
    first, last = 101, 101 + len(message)
    begin = [("MSS", 1460), ("SAckOK", b"")]
    again = [("NOP", None), ("NOP", None), ("SAck", (first, last))]

    def out(flags: str, seq: int, **more: object) -> IP:
        return there / TCP(sport=40000, dport=3478, flags=flags, seq=seq, **more)

    def answer(flags: str, seq: int, ack: int, **more: object) -> IP:
        return back / TCP(sport=3478, dport=40000, flags=flags, seq=seq, ack=ack, **more)

    said = out("PA", first, ack=501) / message
    packets = [
        out("S", 100, options=begin),
        answer("SA", 500, first, options=begin),
        out("A", first, ack=501),
        said,
        said,
        answer("A", 501, last),
        said,
        answer("A", 501, last, options=again),
        out("RA", last, ack=501),
    ]
    return captured(packets)


def captured(packets: Sequence[IP]) -> bytes:
    """As a file of tcpdump's, half a second between two."""
    frames = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet) for packet in packets]
    return pcap_header() + b"".join(
        pcap_record(Frame(1000 + number / 2, 1, data, len(data))) for number, data in enumerate(frames)
    )


def test_what_a_kernel_sends_again_is_no_fault(judge: Tshark) -> None:
    seen = judge.read(connection(BINDING), "stun.type.method", options=ON_ITS_PORT)
    remarks = [remark for packet in seen for remark in packet.get("_ws.expert.message", ())]
    assert "This frame is a (suspected) retransmission" in remarks
    assert "D-SACK Sequence" in remarks
    assert complaints(seen) == []
    assert [number for number, packet in enumerate(seen) if is_sent_again(packet)] == [4, 6]
    assert [number for number, packet in enumerate(seen) if "stun.type.method" in packet] == [3]


def test_what_is_wrong_in_a_message_is_one(judge: Tshark) -> None:
    seen = judge.read(connection(WRONG), options=ON_ITS_PORT)
    (said,) = complaints(seen)
    assert said.startswith("packet 3: _ws.expert.message ")


def test_a_port_from_which_a_trace_is_guessed_is_no_fault_and_hides_none(judge: Tshark) -> None:
    """The 3rd attempt of hop 5 by a traceroute would be to port 33449; here a client of STUN has it."""
    packets = [
        IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=33449, dport=3478) / message for message in (BINDING, WRONG)
    ]
    seen = judge.read(captured(packets), options=("-d", "udp.port==3478,stun"))
    assert all(
        any(each.startswith("Possible traceroute: hop #5, attempt #3") for each in packet["_ws.expert.message"])
        for packet in seen
    )
    (said,) = complaints(seen)
    assert said.startswith("packet 1: _ws.expert.message ")
