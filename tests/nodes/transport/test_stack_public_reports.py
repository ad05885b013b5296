"""What others reported of their stacks, tried on ours: each report is named as its project has it."""

from __future__ import annotations

from typing import Any

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_RR
from scapy.layers.inet import fragment as cut
from scapy.layers.l2 import ARP
from stack_bench import ALL, MAC, OTHER, OTHER_MAC, OWN, Bench, answer, datagram, echo, host

from catenet.nodes.internet.ipv4.config import Ipv4Options
from catenet.nodes.machine import Datagram

FRIEND, FRIENDS_MAC = host(7)
STRANGER, STRANGERS_MAC = host(8)
BROADCAST = "192.168.1.255"
GROUP_MAC = "01:00:5e:00:00:01"


def kinds(frames: list[Any]) -> list[str]:
    """What each is: an ARP request or answer, or a packet."""
    return [{1: "asks", 2: "answers"}[each[ARP].op] if ARP in each else "packet" for each in frames]


def test_smoltcp_461_udp_to_the_subnets_broadcast_and_a_closed_port_is_no_error() -> None:
    bench = Bench()
    bench.learn(7)
    for hardware in (ALL, MAC):
        for destination in (BROADCAST, "255.255.255.255"):
            assert bench.put(datagram(FRIEND, destination), FRIENDS_MAC, hardware) == []
    assert bench.counts["refused.port"] == 4


def test_smoltcp_597_an_echo_of_who_is_not_known_yet_is_answered() -> None:
    bench = Bench()
    (question,) = bench.put(echo(FRIEND, OWN), FRIENDS_MAC)
    (reply,) = bench.put(answer(question, 7), FRIENDS_MAC)
    assert (reply.dst, reply[IP].dst, reply[ICMP].type, bytes(reply[ICMP].payload)) == (
        FRIENDS_MAC,
        FRIEND,
        0,
        b"abcdefgh",
    )


def test_smoltcp_1101_who_is_there_is_found_while_another_is_asked_for_in_vain() -> None:
    bench = Bench()
    key = bench.udp(1000)
    assert bench.send(key, b"dead", STRANGER)
    assert kinds(bench.sent()) == ["asks"]
    assert bench.send(key, b"live", FRIEND)
    (question,) = bench.sent()
    (packet,) = bench.put(answer(question, 7), FRIENDS_MAC)
    assert bytes(packet[UDP].payload) == b"live"


def test_smoltcp_319_a_flood_does_not_keep_the_cache_from_being_renewed() -> None:
    """Each datagram used the neighbour, and its entry never got old: a host with another address was lost."""
    bench = Bench()
    bench.learn(7)
    key = bench.udp(1000)
    asked = 0
    for _ in range(3000):
        assert bench.send(key, b"flood", FRIEND)
        asked += kinds(bench.pass_time(0.1)).count("asks")
    assert asked > 0
    assert bench.send(key, b"flood", FRIEND)
    (question,) = [each for each in bench.sent() + bench.pass_time(1.0) if ARP in each][:1]
    assert question[ARP].pdst == FRIEND


def test_smoltcp_457_a_port_whose_reader_is_slow_is_still_open() -> None:
    bench = Bench()
    bench.learn(7)
    key = bench.udp(9)
    for _ in range(2000):
        assert bench.put(datagram(FRIEND, OWN), FRIENDS_MAC) == []
    assert [each for each, _ in bench.stack.take_delivered()] == [key] * 2000


def test_picotcp_334_fragments_of_one_datagram_have_one_identification() -> None:
    bench = Bench()
    bench.learn(7)
    key = bench.udp(1000)
    assert bench.send(key, bytes(3000), FRIEND)
    assert bench.send(key, bytes(3000), FRIEND)
    frames = bench.sent()
    numbers = [each[IP].id for each in frames]
    assert len(numbers) == 6
    assert len(set(numbers[:3])) == len(set(numbers[3:])) == 1
    assert numbers[0] != numbers[3]


def test_picotcp_529_fragments_of_more_than_a_packet_are_dropped_and_counted() -> None:
    bench = Bench()
    bench.learn(7)
    for offset in (0, 8190):
        packet = IP(src=FRIEND, dst=OWN, id=5, proto=1, flags=1 if not offset else 0, frag=offset) / bytes(1480)
        assert bench.put(packet, FRIENDS_MAC) == []
    assert bench.counts["dropped.fragment_oversize"] == 1
    assert kinds(bench.put(echo(FRIEND, OWN), FRIENDS_MAC)) == ["packet"]


def test_picotcp_50_a_segment_for_a_third_host_in_a_frame_for_all_is_nobodys() -> None:
    for forward in (True, False):
        bench = Bench(ipv4=Ipv4Options(forward=forward))
        bench.learn(7)
        segment = IP(src=FRIEND, dst=host(9, 2)[0]) / TCP(dport=80)
        assert bench.put(segment, FRIENDS_MAC, ALL) == []
        assert bench.counts["dropped.link_broadcast"] == 1


def test_picotcp_88_and_89_a_closed_port_and_a_source_that_is_a_broadcast() -> None:
    bench = Bench()
    bench.learn(7)
    assert bench.put(datagram(FRIEND, "255.255.255.255"), FRIENDS_MAC, ALL) == []
    assert bench.put(datagram(FRIEND, OWN), FRIENDS_MAC, ALL) == []
    for source in (BROADCAST, "255.255.255.255", "192.168.2.255"):
        assert bench.put(datagram(source, OWN), FRIENDS_MAC) == []
    assert bench.pass_time(10.0) == []
    # The same from a host: it is told.
    (error,) = bench.put(datagram(FRIEND, OWN), FRIENDS_MAC)
    assert (error[ICMP].type, error[ICMP].code) == (3, 3)


def test_zephyr_16257_and_13147_an_echo_to_all_hosts_is_answered_from_ones_own_address_with_the_default_ttl() -> None:
    bench = Bench()
    bench.learn(7)
    for question in (echo(FRIEND, "224.0.0.1", ttl=1), echo(FRIEND, BROADCAST), echo(FRIEND, OWN, ttl=3)):
        hardware = GROUP_MAC if question.dst == "224.0.0.1" else ALL if question.dst == BROADCAST else MAC
        (reply,) = bench.put(question, FRIENDS_MAC, hardware)
        assert (reply[IP].src, reply[IP].dst, reply[IP].ttl, reply[ICMP].type) == (OWN, FRIEND, 64, 0)


def test_mbed_os_2437_all_fragments_wait_for_the_hardware_address() -> None:
    for size in (1473, 65_507):
        bench = Bench()
        assert bench.send(bench.udp(1000), bytes(size), FRIEND)
        (question,) = bench.sent()
        frames = bench.put(answer(question, 7), FRIENDS_MAC)
        assert len(frames) == (size + 8 + 1479) // 1480
        assert sum(len(each[IP].payload) for each in frames) == size + 8
        assert {each.dst for each in frames} == {FRIENDS_MAC}


def test_gvisor_tap_vsock_15_who_asks_for_a_neighbour_on_its_own_lan_is_not_answered_by_proxy() -> None:
    bench = Bench(proxy_arp=True)
    question = ARP(op=1, psrc=FRIEND, hwsrc=FRIENDS_MAC, pdst=STRANGER)
    assert bench.put(question, FRIENDS_MAC, ALL) == []
    behind = ARP(op=1, psrc=FRIEND, hwsrc=FRIENDS_MAC, pdst=host(9, 2)[0])
    (said,) = bench.put(behind, FRIENDS_MAC, ALL)
    assert (said[ARP].op, said[ARP].hwsrc, said[ARP].psrc) == (2, MAC, host(9, 2)[0])


# Beyond the twelve.


def test_mirage_tcpip_348_a_checksum_of_zero_is_sent_as_all_ones() -> None:
    """Of two octets of data that make the sum all ones there is one pair in 65,536: found by trying."""
    bench = Bench()
    bench.learn(7)
    key = bench.udp(1000)
    for number in range(65_536):
        assert bench.send(key, number.to_bytes(2, "big"), FRIEND)
        (action,) = bench.stack.take_actions()
        packet = action.packet.data  # type: ignore[union-attr]
        assert packet[26:28] != b"\0\0"
        if packet[26:28] == b"\xff\xff":
            return
    raise AssertionError("no datagram has that sum")


def test_gvisor_6519_echoes_are_not_limited_as_errors_are() -> None:
    bench = Bench()
    bench.learn(7)
    assert sum(len(bench.put(echo(FRIEND, OWN), FRIENDS_MAC)) for _ in range(1000)) == 1000
    errors = sum(len(bench.put(datagram(FRIEND, OWN), FRIENDS_MAC)) for _ in range(600))
    assert 0 < errors < 600
    assert bench.counts["icmp.not sent.limit"] == 600 - errors


def test_zephyr_8019_who_never_answers_holds_no_packets() -> None:
    bench = Bench()
    key = bench.udp(1000)
    for _ in range(20):
        bench.send(key, bytes(1400), STRANGER)
        bench.pass_time(30.0)
    assert bench.pass_time(60.0) == []
    bench.send(key, b"now", STRANGER)
    (question,) = bench.sent()
    frames = bench.put(answer(question, 8), STRANGERS_MAC)
    assert [bytes(each[UDP].payload) for each in frames] == [b"now"]


# Attacks with names.


def test_land_smurf_and_fraggle() -> None:
    bench = Bench()
    bench.learn(7)
    bench.learn(9, lan=2)
    assert bench.put(IP(src=OWN, dst=OWN) / TCP(sport=139, dport=139), FRIENDS_MAC) == []
    assert bench.put(echo(OWN, OWN), FRIENDS_MAC) == []
    # To all hosts of the other LAN, as if from the victim there: nothing goes on, and one answer is no amplifier.
    answers = bench.put(echo(host(9, 2)[0], "192.168.2.255"), FRIENDS_MAC)
    assert [each[IP].dst for each in answers] in ([], [host(9, 2)[0]])
    assert bench.counts["dropped.directed_broadcast"] == 1
    assert bench.put(datagram(host(9, 2)[0], "192.168.2.255", port=7), FRIENDS_MAC) == []


def test_fragments_for_others_go_on_as_they_came() -> None:
    """ "A router MUST NOT reassemble any datagram before forwarding it" (RFC 1812 section 5.2.6)."""
    bench = Bench()
    bench.learn(7)
    bench.learn(9, lan=2)
    whole = datagram(FRIEND, host(9, 2)[0], data=bytes(3000))
    for number, piece in enumerate(reversed(cut(whole, 1480))):
        (frame,) = bench.put(piece, FRIENDS_MAC)
        assert (frame.sniffed_on, frame.src, frame.dst) == ("two", OTHER_MAC, host(9, 2)[1])
        assert (frame[IP].ttl, frame[IP].frag, number < 3) == (63, piece.frag, True)
    assert bench.counts["fragments.received"] == 0


def test_fragments_for_us_come_together_at_a_port() -> None:
    bench = Bench()
    key = bench.udp(9)
    data = bytes(at & 255 for at in range(5000))
    for piece in reversed(cut(datagram(FRIEND, OTHER, data=data), 1480)):
        assert bench.put(piece, FRIENDS_MAC) == []
    ((heard, unit),) = bench.stack.take_delivered()
    assert heard == key
    assert isinstance(unit, Datagram)
    assert (unit.data, str(unit.destination), unit.interface) == (data, f"{OTHER}:9", "one")


def test_1122_3_2_2_6_what_an_echo_records_its_answer_has() -> None:
    """ "this option (these options) SHOULD be updated to include the current host and included in the IP header of the
    Echo Reply message, without "truncation". Thus, the recorded route will be for the entire round trip"."""
    bench = Bench()
    bench.learn(7)
    recorded = IPOption_RR(length=15, pointer=8, routers=["10.9.9.9", "0.0.0.0", "0.0.0.0"])
    (reply,) = bench.put(echo(FRIEND, OWN, options=[recorded]), FRIENDS_MAC)
    option = reply[IP].options[0]
    assert (option.pointer, option.routers) == (12, ["10.9.9.9", OWN, "0.0.0.0"])
