"""The oracle is tcpdump: the same exchange captured with four kinds of header, and its reading of it, sll2.txt."""

import re
import struct
from pathlib import Path

import dnslib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint
from catenet.orchestrator.wire.messages import HttpRequestSeen, HttpResponseSeen, read_dns, read_http
from catenet.orchestrator.wire.packets import (
    SNAP_LIMIT,
    TCP,
    UDP,
    CapturedPacket,
    Frame,
    PcapStream,
    decode,
    pcap_header,
    pcap_record,
)

DATA = Path(__file__).parent / "data"
KINDS = ("sll2", "sll", "ethernet", "nano")
LINE = re.compile(
    r"([\d.]+) \S+ +(Out|In) +IP ([\d.]+)\.(\d+) > ([\d.]+)\.(\d+): .*?(?:length (\d+)(?::.*)?|\((\d+)\))$"
)


def seen_in(kind: str) -> list[CapturedPacket]:
    frames = PcapStream().feed((DATA / f"{kind}.pcap").read_bytes())
    return [seen for frame in frames if (seen := decode(frame, "h1")) is not None]


def endpoint(address: str, port: str) -> Endpoint:
    return Endpoint(Address.parse(address), int(port))


def told_by_tcpdump() -> list[tuple[object, ...]]:
    lines = [LINE.match(line) for line in (DATA / "sll2.txt").read_text().splitlines()]
    return [
        (m[1], m[2] == "Out", endpoint(m[3], m[4]), endpoint(m[5], m[6]), int(m[7] or m[8]))
        for m in lines
        if m is not None and m[7] != "3000"  # the first fragment of a datagram of 3000 bytes
    ]


def test_tells_the_same_as_tcpdump() -> None:
    ours = [(f"{s.at:.6f}", s.outgoing, s.source, s.destination, len(s.payload)) for s in seen_in("sll2")]
    assert ours == told_by_tcpdump()
    assert len(ours) == 11


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_header_gives_the_same_packets(kind: str) -> None:
    def content(seen: CapturedPacket) -> tuple[object, ...]:
        return (seen.protocol, seen.source, seen.destination, seen.payload, seen.identification, seen.ttl)

    assert [content(seen) for seen in seen_in(kind)] == [content(seen) for seen in seen_in("sll2")]
    assert [s.at for s in seen_in(kind)] == pytest.approx([s.at for s in seen_in("sll2")], abs=20e-6)


def test_what_dig_and_curl_were_told_to_send() -> None:
    packets = seen_in("sll2")
    [question] = [message for message in map(read_dns, packets) if message is not None]
    assert (question.name, question.type, question.is_answer, question.recursion) == (
        "dragon.cs.uiuc.edu",
        "A",
        False,
        True,
    )
    assert [message for message in map(read_http, packets) if message is not None] == [
        HttpResponseSeen(404, "Not Found", "text/plain", 5),
        HttpRequestSeen("GET", "/missing", "10.199.7.3"),
    ]


@given(sizes=st.lists(st.integers(1, 700), min_size=1))
def test_any_slicing_gives_the_same_frames(sizes: list[int]) -> None:
    data = (DATA / "sll2.pcap").read_bytes()
    stream, frames, at, number = PcapStream(), [], 0, 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        frames += stream.feed(data[at : at + size])
        at, number = at + size, number + 1
    assert frames == PcapStream().feed(data)


def test_the_other_byte_order() -> None:
    header = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    record = struct.pack(">IIII", 7, 500_000, 3, 60) + b"abc"
    assert PcapStream().feed(header + record) == [Frame(7.5, 1, b"abc", 60)]


def test_what_is_written_is_read_again() -> None:
    frames = PcapStream().feed((DATA / "sll2.pcap").read_bytes())
    written = pcap_header(frames[0].link_type) + b"".join(pcap_record(frame) for frame in frames)
    assert PcapStream().feed(written) == frames


def test_no_pcap_stream() -> None:
    with pytest.raises(DecodeError, match="pcap magic"):
        PcapStream().feed(b"tcpdump: no such device, and so on")


def test_a_length_over_the_limit_is_refused() -> None:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    with pytest.raises(DecodeError, match=str(SNAP_LIMIT + 1)):
        PcapStream().feed(header + struct.pack("<IIII", 0, 0, SNAP_LIMIT + 1, 60))


@given(data=st.binary(max_size=200), link_type=st.sampled_from([1, 113, 276, 0]))
def test_random_bytes_are_no_packet_or_one(data: bytes, link_type: int) -> None:
    seen = decode(Frame(0.0, link_type, data, len(data)), "n")
    assert seen is None or len(seen.payload) < len(data)


@given(frame=st.integers(0, 13), position=st.integers(0, 120), value=st.integers(0, 255), length=st.integers(0, 1600))
def test_damaged_packets_never_raise(frame: int, position: int, value: int, length: int) -> None:
    whole = PcapStream().feed((DATA / "sll2.pcap").read_bytes())[frame]
    data = bytearray(whole.data[:length])
    if position < len(data):
        data[position] = value
    seen = decode(whole._replace(data=bytes(data)), "n")
    if seen is not None:
        read_dns(seen)
        read_http(seen)


@given(payload=st.binary(max_size=600), port=st.sampled_from([53, 80]), protocol=st.sampled_from([TCP, UDP]))
def test_random_payloads_are_told_or_not(payload: bytes, port: int, protocol: int) -> None:
    source, destination = Endpoint(Address.parse("10.0.0.1"), 4000), Endpoint(Address.parse("10.0.0.2"), port)
    seen = CapturedPacket(0.0, "n", protocol, source, destination, payload, 1, 64, False)
    read_dns(seen)
    read_http(seen)


@pytest.mark.parametrize(
    ("kind", "rdata", "text"),
    [
        ("TXT", dnslib.TXT([b'say "hi"', b"a\\b\n\xff"]), r'"say \"hi\"" "a\\b\010\255"'),
        ("CNAME", dnslib.CNAME(dnslib.DNSLabel((b"a.b", b"c d", b"\x1b[1m"))), r"a\.b.c\032d.\027[1m"),
        ("MX", dnslib.MX("mail.x.", 5), "5 mail.x"),
    ],
)
def test_rfc_1035_5_1_what_a_message_says_is_escaped(kind: str, rdata: dnslib.RD, text: str) -> None:
    name, number = dnslib.DNSLabel((b"w.w", b"x")), getattr(dnslib.QTYPE, kind)
    answer = dnslib.DNSRecord(dnslib.DNSHeader(qr=1), q=dnslib.DNSQuestion(name, number))
    answer.add_answer(dnslib.RR(name, number, rdata=rdata))
    ends = Endpoint(Address.parse("10.0.0.1"), 53), Endpoint(Address.parse("10.0.0.2"), 4000)
    message = read_dns(CapturedPacket(0.0, "n", UDP, *ends, bytes(answer.pack()), 1, 64, False))
    assert message is not None
    assert (message.name, message.answers) == (r"w\.w.x", (text,))
