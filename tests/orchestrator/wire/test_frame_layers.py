"""Frames, header by header. The oracles are tcpdump, which read the same captures (trace/layers/*.txt), and scapy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_RR, IPOption_Timestamp
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from catenet.orchestrator.wire.layers import Header, Layers, dissect
from catenet.orchestrator.wire.packets import PcapStream

DATA = Path(__file__).parent.parent / "trace" / "layers"
CAPTURES = sorted(each.stem for each in DATA.glob("*.pcap"))
LINE = re.compile(r"[\d.]+ (\S+) > (\S+), ethertype (\w+) \((0x\w+)\), length (\d+): (.*)")
IPV4 = re.compile(
    r"\(tos 0x(\w+), ttl (\d+), id (\d+), offset (\d+), flags \[(.*)\], proto (\w+) \((\d+)\), length (\d+)\)"
)
ENDS = re.compile(r"    ([\d.]+) > ([\d.]+): (.*)")
FLAGS = {"none": "none", "+": "MF", "DF": "DF"}


def frames(capture: str) -> list[bytes]:
    return [each.data for each in PcapStream().feed((DATA / f"{capture}.pcap").read_bytes())]


def said(capture: str) -> list[list[str]]:
    """What tcpdump says of each frame: its first line, and those that belong to it."""
    found: list[list[str]] = []
    for line in (DATA / f"{capture}.txt").read_text().splitlines():
        if LINE.match(line):
            found.append([])
        found[-1].append(line)
    return found


def values(layers: Layers, protocol: str, *names: str) -> tuple[str, ...]:
    return tuple(layers.value(protocol, name) for name in names)


@pytest.mark.parametrize("capture", CAPTURES)
def test_tcpdump_reads_the_same_in_what_was_captured(capture: str) -> None:
    texts = said(capture)
    assert len(frames(capture)) == len(texts) > 5
    for data, (first, *more) in zip(frames(capture), texts, strict=True):
        layers = dissect(data)
        match = LINE.match(first)
        assert match is not None
        source, destination, _, kind, length, rest = match.groups()
        assert values(layers, "Ethernet", "destination", "source", "type") == (destination, source, kind)
        assert (len(data), layers.nested, layers.wrong, layers.padding) == (int(length), True, (), 0)
        if found := IPV4.match(rest):
            as_tcpdump_says_of_ipv4(layers, found, more)
        else:
            as_tcpdump_says_of_arp(layers, rest)


def as_tcpdump_says_of_ipv4(layers: Layers, found: re.Match[str], more: list[str]) -> None:
    tos, ttl, identification, offset, flags, _, protocol, length = found.groups()
    assert values(layers, "IPv4", "TTL", "fragment offset", "flags", "protocol", "total length") == (
        ttl,
        offset,
        FLAGS[flags],
        protocol,
        length,
    )
    assert layers.value("IPv4", "identification") == f"0x{int(identification):04x}"
    assert layers.value("IPv4", "DSCP") == str(int(tos, 16) >> 2)
    header = layers.header("IPv4")
    assert header is not None
    (checksum,) = [each for each in header.fields if each.name == "header checksum"]
    assert checksum.note == "right", "tcpdump -v complains of one that is wrong"
    ends = ENDS.match(more[0])
    assert ends is not None
    source, destination, words = ends.groups()
    if port := layers.value("UDP", "source port"):
        source, destination = source.removesuffix(f".{port}"), destination.removesuffix(".7")
        assert words == f"UDP, length {len(layers.payload)}"
    assert values(layers, "IPv4", "source", "destination") == (source, destination)
    if words.startswith("ICMP echo"):
        name = "reply" if layers.value("ICMP", "type") == "0" else "request"
        assert words == f"ICMP echo {name}, id {layers.value('ICMP', 'identifier')}, seq 1, length 1480"
    if "unreachable" in words or "exceeded" in words:
        quoted = [each for each in layers.headers if each.quoted]
        assert [each.protocol for each in quoted] == ["IPv4", "UDP"]
        about = IPV4.search(more[1])
        assert about is not None
        assert quoted[0].value("identification") == f"0x{int(about[3]):04x}"
        assert quoted[0].value("TTL") == about[2]


def as_tcpdump_says_of_arp(layers: Layers, text: str) -> None:
    target, sender, hardware = values(layers, "ARP", "target", "sender", "sender hardware")
    if layers.value("ARP", "opcode") == "1":
        assert f"Request who-has {target} tell {sender}," in text
    else:
        assert f"Reply {sender} is-at {hardware}," in text


# By scapy, which writes what we read.

OCTETS = st.integers(0, 255)
NUMBERS = st.integers(0, 0xFFFF)
ADDRESSES = st.integers(1 << 24, (224 << 24) - 1).map(lambda n: ".".join(str(n >> k & 255) for k in (24, 16, 8, 0)))
HARDWARE = st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":"))


@given(st.tuples(HARDWARE, HARDWARE, ADDRESSES, ADDRESSES), OCTETS, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.binary())
def test_a_datagram_that_scapy_writes(
    ends: tuple[str, str, str, str], ttl: int, numbers: tuple[int, int, int], data: bytes
) -> None:
    one, other, source, target = ends
    identification, here, there = numbers
    ip: Any = IP(src=source, dst=target, ttl=ttl, id=identification, tos=ttl)
    whole = bytes(Ether(src=one, dst=other) / ip / UDP(sport=here, dport=there) / Raw(data))
    layers = dissect(whole)
    assert values(layers, "Ethernet", "source", "destination") == (one, other)
    assert values(layers, "IPv4", "source", "destination", "TTL") == (source, target, str(ttl))
    assert values(layers, "IPv4", "DSCP", "ECN") == (str(ttl >> 2), str(ttl & 3))
    assert values(layers, "UDP", "source port", "destination port") == (str(here), str(there))
    assert layers.payload == data
    assert notes(layers) == {"header checksum": "right", "checksum": "right"}
    assert (layers.nested, layers.wrong) == (True, ())


@given(st.integers(0, 1000), OCTETS)
def test_an_octet_that_was_damaged_is_seen_in_a_checksum_or_a_length(place: int, by: int) -> None:
    whole = bytearray(
        bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=7, dport=7) / Raw(b"hello, world"))
    )
    place = 14 + place % (len(whole) - 14)
    whole[place] ^= by
    layers = dissect(bytes(whole))
    sound = not layers.wrong and "wrong" not in notes(layers).values()
    told = place in (20, 23)  # a fragment's datagram, or another protocol's, is not looked into
    unchecked = layers.header("UDP") is None or layers.value("UDP", "checksum") == "0x0000"
    assert sound == (by == 0) or told or unchecked


@pytest.mark.parametrize(
    ("lengths", "nested"),
    [({}, True), ({"ip": 34}, False), ({"ip": 32}, False), ({"udp": 14}, False), ({"udp": 9}, True)],
)
def test_a_header_that_says_more_than_the_one_below_carries_is_not_inside_it(
    lengths: dict[str, int], nested: bool
) -> None:
    """20 octets of IPv4's header, 8 of UDP's, 5 of data: 33 and 13."""
    ip = IP(src="10.0.0.1", dst="10.0.0.2", len=lengths.get("ip", 33))
    layers = dissect(bytes(Ether() / ip / UDP(sport=7, dport=7, len=lengths.get("udp", 13)) / Raw(b"hello")))
    assert (layers.nested, not layers.wrong) == (nested, nested)


def test_a_header_that_begins_elsewhere_is_not_inside() -> None:
    def two(begin: int) -> Layers:
        return Layers(b"", (Header("", "A", 0, 14, 60, ()), Header("", "B", begin, begin + 20, 60, ())), 0, 0)

    assert two(14).nested
    assert not two(15).nested


def notes(layers: Layers) -> dict[str, str]:
    return {each.name: each.note for header in layers.headers for each in header.fields if "checksum" in each.name}


def test_a_segment_that_scapy_writes() -> None:
    tcp = TCP(sport=80, dport=40000, seq=7, ack=9, flags="SA", window=512, options=[("MSS", 1460)])
    layers = dissect(bytes(Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / tcp))
    assert layers.protocols == ("Ethernet", "IPv4", "TCP")
    assert values(layers, "TCP", "data offset", "flags", "window") == ("6", "ACK SYN", "512")
    assert values(layers, "TCP", "sequence number", "acknowledgment number") == ("7", "9")
    assert notes(layers)["checksum"] == "right"


def test_options_are_named() -> None:
    ip = IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_RR(routers=["0.0.0.0"]), IPOption_Timestamp()])
    layers = dissect(bytes(Ether() / ip / ICMP() / Raw(b"x")))
    header = layers.header("IPv4")
    assert header is not None
    assert header.fields[-1].note == "record route, timestamp"
    assert int(layers.value("IPv4", "IHL")) * 4 == header.end - header.begin


def test_arp_that_scapy_writes_with_padding() -> None:
    arp = ARP(op=2, hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", hwdst="02:00:00:00:00:02", pdst="10.0.0.2")
    layers = dissect(bytes(Ether(dst="02:00:00:00:00:02") / arp) + bytes(18))
    assert layers.padding == 18
    assert values(layers, "ARP", "opcode", "sender", "sender hardware", "target") == (
        "2",
        "10.0.0.1",
        "02:00:00:00:00:01",
        "10.0.0.2",
    )


@pytest.mark.parametrize(
    ("code", "meaning"), [(0, "net unreachable"), (3, "port unreachable"), (4, "fragmentation needed")]
)
def test_an_error_and_the_packet_that_it_is_about(code: int, meaning: str) -> None:
    about = IP(src="10.0.0.1", dst="10.0.0.9", ttl=1, id=77) / UDP(sport=1111, dport=7) / Raw(b"hello")
    error = IP(src="10.0.0.3", dst="10.0.0.1") / ICMP(type=3, code=code, nexthopmtu=1400)
    layers = dissect(bytes(Ether() / error / Raw(bytes(about))))
    assert layers.protocols == ("Ethernet", "IPv4", "ICMP")
    assert [each.protocol for each in layers.headers if each.quoted] == ["IPv4", "UDP"]
    icmp = layers.header("ICMP")
    assert icmp is not None
    assert icmp.fields[1].note == meaning
    assert layers.value("ICMP", "next-hop MTU") == ("1400" if code == 4 else "")
    assert layers.nested


def test_an_error_about_an_error_is_looked_into_once() -> None:
    """However deep they are in each other."""
    packet = bytes(IP() / UDP())
    for _ in range(50):
        packet = bytes(IP() / ICMP(type=11) / Raw(packet))
    assert len(dissect(bytes(Ether() / Raw(packet))).headers) < 6


@given(st.binary(max_size=200))
def test_whatever_comes_is_read(data: bytes) -> None:
    layers = dissect(data)
    assert layers.nested or layers.wrong
    assert 0 <= layers.begin <= layers.end <= len(data)
    for header in layers.headers:
        assert all(header.begin <= each.begin < each.end <= header.end for each in header.fields)


@given(st.sampled_from(CAPTURES), st.integers(0, 20), st.integers(0, 2000), st.binary(min_size=1, max_size=4))
def test_what_was_captured_and_damaged_is_read(capture: str, number: int, place: int, by: bytes) -> None:
    whole = frames(capture)
    data = whole[number % len(whole)]
    place %= len(data)
    layers = dissect(data[:place] + by + data[place + len(by) :])
    assert layers.nested or layers.wrong
    short = dissect(data[:place])
    assert short.nested or short.wrong
