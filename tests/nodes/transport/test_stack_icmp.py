"""ICMP of a stack of ours: which errors it sends, from where and how, and which news it believes. Its frames are read
by scapy."""

from __future__ import annotations

from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw
from stack_bench import ALL, MAC, OTHER, OTHER_MAC, OWN, Bench, datagram, echo, host

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.internet.icmp.config import IcmpOptions
from catenet.nodes.internet.icmp.packet import PROTOCOL
from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.machine import Datagram, Endpoint, Interface, Ip, IpPacket, NextHop, Udp

FRIEND, FRIENDS_MAC = host(7)
FAR = "10.9.9.9"


def met(**options: Any) -> Bench:
    """A bench that knows FRIEND, by whom the way to everything goes."""
    bench = Bench(**options)
    bench.learn(7)
    bench.stack.set_route(Prefix.parse("0.0.0.0/0"), (NextHop(Address.parse(FRIEND), "one"),))
    return bench


def error(frames: list[Any], kind: int, code: int) -> Any:
    (frame,) = frames
    assert (frame[ICMP].type, frame[ICMP].code) == (kind, code)
    return frame


def quoted(frame: Any) -> bytes:
    return bytes(frame[ICMP].payload)


def test_792_a_closed_port_is_unreachable_and_the_datagram_is_quoted_as_it_came() -> None:
    asked = datagram(FRIEND, OWN, port=4000, ttl=9, tos=0x10)
    frame = error(met().put(asked, FRIENDS_MAC), 3, 3)
    assert (frame.dst, frame[IP].src, frame[IP].dst, frame[IP].ttl) == (FRIENDS_MAC, OWN, FRIEND, 64)
    assert quoted(frame) == bytes(IP(bytes(asked)))
    assert frame[IP].tos == 0xC0 | 0x10, "RFC 1812 section 4.3.2.5: precedence 6, the TOS that it came with"
    assert frame[IP].flags == 0


def test_1812_4_3_2_3_no_error_is_longer_than_576_octets() -> None:
    frame = error(met().put(datagram(FRIEND, OWN, port=4000, data=bytes(1400)), FRIENDS_MAC), 3, 3)
    assert frame[IP].len == 576


@pytest.mark.parametrize("packet", [TCP(dport=80), Raw(b"whatever")])
def test_a_protocol_that_nobody_speaks_is_unreachable_and_tcp_is_one(packet: Any) -> None:
    whole = IP(src=FRIEND, dst=OWN, proto=6 if TCP in packet else 200) / packet
    frame = error(met().put(whole, FRIENDS_MAC), 3, 2)
    assert quoted(frame) == bytes(IP(bytes(whole)))


def test_a_protocol_for_which_a_port_is_open_is_not() -> None:
    bench = met()
    key = bench.raw(200)
    assert bench.put(IP(src=FRIEND, dst=OWN, proto=200, ttl=5, tos=4) / b"mine", FRIENDS_MAC) == []
    unit = IpPacket(b"mine", Address.parse(FRIEND), Address.parse(OWN), 200, "one", 5, 4)
    assert bench.stack.take_delivered() == [(key, unit)]


def test_a_ttl_that_runs_out_is_told_from_the_interface_by_which_it_came() -> None:
    bench = met()
    bench.learn(9, lan=2)
    frame = error(bench.put(datagram(host(9, 2)[0], FAR, ttl=1), host(9, 2)[1], OTHER_MAC, lan="two"), 11, 0)
    assert (frame[IP].src, frame.sniffed_on) == (OTHER, "two")


def test_what_came_to_the_other_interfaces_address_is_answered_from_that() -> None:
    """The weak host model (RFC 1122 section 3.3.4.2), as the kernel has it."""
    bench = met()
    assert error(bench.put(datagram(FRIEND, OTHER, port=4000), FRIENDS_MAC), 3, 3)[IP].src == OTHER
    (reply,) = bench.put(echo(FRIEND, OTHER), FRIENDS_MAC)
    assert (reply[ICMP].type, reply[IP].src) == (0, OTHER)


def test_1122_3_2_2_6_a_reply_has_the_tos_of_its_echo() -> None:
    (reply,) = met().put(echo(FRIEND, OWN, tos=0xB8), FRIENDS_MAC)
    assert reply[IP].tos == 0xB8


def test_an_echo_whose_checksum_is_wrong_is_not_answered() -> None:
    bench = met()
    assert bench.put(IP(src=FRIEND, dst=OWN) / ICMP(type=8, chksum=1) / b"x", FRIENDS_MAC) == []
    assert bench.counts["icmp.malformed"] == 1


@pytest.mark.parametrize("kind", [4, 5, 13, 17, 15, 9, 42])
def test_1122_3_2_2_what_it_does_not_speak_is_dropped_in_silence(kind: int) -> None:
    """Redirects and source quenches among it: it follows neither."""
    bench = met()
    assert bench.put(IP(src=FRIEND, dst=OWN, proto=1) / ICMP(type=kind), FRIENDS_MAC) == []
    assert bench.counts["icmp.ignored"] == 1


def test_where_nobody_is_one_packet_is_told_that_its_host_is_unreachable() -> None:
    """RFC 1812 section 3.3.2; and who routes there hears it."""
    bench = met()
    for number in range(3):
        bench.put(datagram(FRIEND, host(50, 2)[0], data=bytes((number,))), FRIENDS_MAC)
    frame = error([each for each in bench.pass_time(10) if ICMP in each], 3, 1)
    assert (frame[IP].src, frame[IP].dst) == (OWN, FRIEND)


def test_what_a_node_itself_sends_to_nobody_it_tells_itself() -> None:
    bench = met()
    raw, key = bench.open(Ip(PROTOCOL), kinds=(3,)), bench.udp(1000)
    assert bench.send(key, b"x", host(50, 2)[0])
    bench.pass_time(10)
    ((heard, told),) = bench.stack.take_delivered()
    assert (heard, told.data[:2], told.interface) == (raw, b"\x03\x01", "lo")


def test_1812_4_3_2_8_of_a_flood_few_are_told_and_time_gives_more() -> None:
    bench = met(icmp=IcmpOptions(errors_per_second=10, burst=5))
    told = sum(len(bench.put(datagram(FRIEND, OWN, port=4000), FRIENDS_MAC)) for _ in range(100))
    assert (told, bench.counts["icmp.not sent.limit"]) == (5, 95)
    bench.pass_time(0.21)
    assert sum(len(bench.put(datagram(FRIEND, OWN, port=4000), FRIENDS_MAC)) for _ in range(100)) == 2


def test_a_fragment_that_stays_alone_is_told_of_once_its_time_is_over() -> None:
    """RFC 792: only where the first fragment has come."""
    bench = met()
    packet = IP(src=FRIEND, dst=OWN, id=7, flags="MF", proto=17) / UDP(sport=1, dport=2) / bytes(16)
    assert bench.put(packet, FRIENDS_MAC) == []
    frame = error([each for each in bench.pass_time(120) if ICMP in each], 11, 1)
    assert quoted(frame)[20:28] == bytes(IP(bytes(packet)))[20:28]
    assert bench.put(IP(src=FRIEND, dst=OWN, id=8, flags="MF", frag=3, proto=17) / bytes(16), FRIENDS_MAC) == []
    assert [each for each in bench.pass_time(120) if ICMP in each] == []


# The path's MTU (RFC 1191)


def too_big(packet: Any, mtu: int, **changed: Any) -> Any:
    """What a router on the way says of a packet."""
    about = IP(bytes(packet[IP]))
    for field, value in changed.items():
        setattr(about, field, value)
    del about.chksum
    return IP(src=host(7)[0], dst=OWN) / ICMP(type=3, code=4, nexthopmtu=mtu) / Raw(bytes(about)[:28])


def sizes(bench: Bench, key: int, octets: int) -> list[tuple[int, bool]]:
    """Of the packets in which so many octets leave: their lengths, and whether they have DF."""
    assert bench.send(key, bytes(octets), FAR)
    return [(each[IP].len, bool(each[IP].flags.DF)) for each in bench.sent()]


def test_1191_what_fits_goes_whole_and_a_smaller_mtu_is_learned() -> None:
    bench = met()
    key = bench.udp(1000)
    assert bench.send(key, bytes(1400), FAR)
    (first,) = bench.sent()
    assert (first[IP].len, bool(first[IP].flags.DF)) == (1428, True)
    assert bench.put(too_big(first, 1000), FRIENDS_MAC) == []
    assert sizes(bench, key, 1400) == [(996, False), (452, False)]
    assert sizes(bench, key, 972) == [(1000, True)]
    assert [(row["destination"], row["mtu"]) for row in bench.stack.show("paths", bench.now)] == [(FAR, 1000)]
    bench.pass_time(601)
    bench.learn(7)
    assert sizes(bench, key, 1400) == [(1428, True)], "it may have become better"
    bench.stack.flush()
    assert bench.stack.show("paths", bench.now) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"src": "192.168.1.99"},
        {"dst": "10.9.9.8"},
        {"proto": 6},
        {"len": 1429},
        {"flags": 0},
        {"frag": 1},
        {"len": 1000},
    ],
    ids=str,
)
def test_5927_7_who_has_not_seen_what_was_sent_is_not_believed(changed: dict[str, Any]) -> None:
    bench = met()
    key = bench.udp(1000)
    assert bench.send(key, bytes(1400), FAR)
    (first,) = bench.sent()
    bench.put(too_big(first, 1000, **changed), FRIENDS_MAC)
    assert bench.counts["icmp.not believed"] == 1
    assert sizes(bench, key, 1400) == [(1428, True)]


def test_news_of_long_ago_are_not_believed() -> None:
    bench = met()
    key = bench.udp(1000)
    assert bench.send(key, bytes(1400), FAR)
    (first,) = bench.sent()
    bench.pass_time(61)
    bench.put(too_big(first, 1000), FRIENDS_MAC)
    assert bench.counts["icmp.not believed"] == 1


def test_1191_7_1_a_router_that_says_no_mtu_means_the_next_plateau() -> None:
    bench = met()
    key = bench.udp(1000)
    assert bench.send(key, bytes(1400), FAR)
    (first,) = bench.sent()
    bench.put(too_big(first, 0), FRIENDS_MAC)
    assert [row["mtu"] for row in bench.stack.show("paths", bench.now)] == [1006]


def test_who_may_fragment_has_no_df() -> None:
    bench = met()
    key = bench.open(Udp(1000), fragments=True)
    assert sizes(bench, key, 100) == [(128, False)]


def test_1191_4_a_router_says_the_next_hops_mtu() -> None:
    bench = met()
    bench.learn(9, lan=2)
    two = Interface("two", Address.parse(OTHER), Prefix.parse("192.168.2.0/24"), mtu=700, hardware=b"\2\0\0\0\2\1")
    bench.stack.set_interface(two, bench.now)
    bench.sent()
    whole = datagram(FRIEND, host(9, 2)[0], data=bytes(1000), flags="DF")
    assert error(bench.put(whole, FRIENDS_MAC), 3, 4)[ICMP].nexthopmtu == 700


# Own addresses


@pytest.mark.parametrize("own", [OWN, OTHER, "127.0.0.1", "127.1.2.3"])
def test_what_goes_to_ones_own_address_stays_here(own: str) -> None:
    bench = met()
    one, other = bench.udp(1000), bench.udp(9)
    assert bench.send(one, b"x", own)
    assert bench.sent() == []
    ((heard, unit),) = bench.stack.take_delivered()
    address = Address.parse(own)
    assert (heard, unit) == (other, Datagram(b"x", Endpoint(address, 1000), Endpoint(address, 9), "lo"))


def test_an_echo_to_oneself_is_answered_by_oneself() -> None:
    bench = met(ipv4=Ipv4Options())
    raw = bench.open(Ip(PROTOCOL), kinds=(0,))
    message = bytes(ICMP(type=8, id=1, seq=1) / b"abc")
    assert bench.stack.send(raw, IpPacket(message, ANY, Address.parse(OWN), PROTOCOL), bench.now)
    ((heard, reply),) = bench.stack.take_delivered()
    assert (heard, reply.data[:1], reply.data[4:]) == (raw, b"\0", message[4:])


def test_a_frame_for_another_host_is_nobodys() -> None:
    bench = met()
    for hardware in ("02:00:00:00:01:99", OTHER_MAC):
        assert bench.put(echo(FRIEND, OWN), FRIENDS_MAC, hardware) == []
    assert bench.put(echo(FRIEND, OWN), ALL, MAC) == []
    assert bench.counts["ethernet.not for us"] == 2
    assert bench.counts["ethernet.source is a group"] == 1
