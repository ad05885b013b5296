"""`Arp`, sentence by sentence of RFC 826, 1122, 1812, 5227 and 1027."""

from __future__ import annotations

import pytest
from resolving import F1, HOST, NOBODY, OTHER, US, Desk, address, hardware, wire

from catenet.nodes.address import ANY, Address
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.packet import REPLY, REQUEST
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Send

STRANGER = address("192.31.65.9")
FAR = address("192.31.63.8")


# Who is asked (RFC 826, "Packet Generation")


def test_826_a_request_is_broadcast_and_carries_the_asker_s_own_mapping() -> None:
    desk = Desk()
    assert desk.resolve(HOST) is None
    (sent,) = desk.arp.take_actions()
    assert sent == Send(Frame(wire(REQUEST, F1, US, HOST), b"", BROADCAST, ARP, "lan"))


def test_826_who_answers_is_known_and_the_packets_that_waited_go_in_their_order() -> None:
    desk = Desk()
    for packet in (b"one", b"two", b"three"):
        desk.resolve(HOST, packet)
    assert len(desk.said()) == 1
    assert not desk.arp.take_ready()
    desk.answers(OTHER, HOST)
    assert desk.arp.take_ready() == [("lan", OTHER, each) for each in (b"one", b"two", b"three")]
    assert desk.resolve(HOST) == OTHER
    assert desk.arp.known == {("lan", HOST): OTHER}
    assert not desk.said()


def test_a_neighbour_of_another_interface_is_another_one() -> None:
    desk = Desk()
    desk.arp.set_interface(desk.interface._replace(name="other", hardware=hardware(0xE9)), desk.now)
    desk.knows()
    assert desk.arp.resolve("other", HOST, b"", desk.now) is None


def test_known_has_another_version_after_each_change_and_the_same_where_there_is_none() -> None:
    desk = Desk()
    before = desk.arp.version
    desk.resolve(HOST)
    assert desk.arp.version == before
    desk.answers(OTHER, HOST)
    learned = desk.arp.version
    assert learned != before
    desk.asks(OTHER, HOST)
    assert desk.arp.version == learned
    desk.asks(hardware(9), HOST)
    moved = desk.arp.version
    assert moved != learned
    desk.arp.flush()
    assert desk.arp.version != moved
    assert not desk.arp.known


# How often (RFC 1122 section 2.3.2.1), and what becomes of what waits (2.3.2.2; RFC 1812 section 3.3.2)


def test_1122_one_request_a_second_is_the_most_whatever_is_wanted() -> None:
    desk = Desk()
    for _ in range(1000):
        desk.resolve(HOST)
    assert len(desk.said()) == 1
    assert [at for at, _, _ in desk.run(10.0)] == [11.0, 12.0]
    desk.resolve(HOST)
    assert len(desk.said()) == 1


def test_1812_3_3_2_one_of_the_packets_is_unreachable_when_asking_proves_fruitless() -> None:
    desk = Desk()
    for packet in (b"one", b"two", b"three"):
        desk.resolve(HOST, packet)
    desk.run(2.9)
    assert not desk.arp.take_failed()
    desk.run(0.2)
    assert desk.arp.take_failed() == [("lan", HOST, b"one")]
    assert not desk.arp.take_failed()
    assert desk.counters["arp.dropped.waiting"] == 2
    assert not desk.rows()


def test_smoltcp_1101_a_dead_neighbour_does_not_keep_a_live_one_waiting() -> None:
    desk = Desk()
    desk.resolve(STRANGER, b"to the dead")
    desk.resolve(HOST, b"to the living")
    desk.answers(OTHER, HOST)
    assert desk.arp.take_ready() == [("lan", OTHER, b"to the living")]


def test_1122_2_3_2_2_the_latest_packets_are_kept() -> None:
    desk = Desk()
    for number in range(262):
        desk.resolve(HOST, number.to_bytes(2))
    desk.answers(OTHER, HOST)
    assert [packet for _, _, packet in desk.arp.take_ready()] == [number.to_bytes(2) for number in range(6, 262)]
    assert desk.counters["arp.dropped.waiting"] == 6


def test_packets_of_all_neighbours_wait_in_a_mebibyte_the_oldest_neighbour_s_leave_first() -> None:
    desk = Desk()
    hosts = [address(f"192.31.65.{last}") for last in range(20, 40)]
    for number in range(60):
        for host in hosts:
            desk.resolve(host, bytes((number,)) * 1500)
    assert desk.arp._cache.waiting <= 1 << 20
    assert desk.counters["arp.dropped.waiting"] == 1200 - (1 << 20) // 1500
    desk.answers(OTHER, hosts[-1])
    assert len(desk.arp.take_ready()) == 60


def test_who_is_one_too_many_to_be_asked_for_is_not_until_there_is_room() -> None:
    desk = Desk(ArpOptions(unresolved=2), length=16)
    for last in (1, 2, 3):
        desk.resolve(address(f"192.31.70.{last}"))
    assert [packet.target for packet in desk.said()] == [address("192.31.70.1"), address("192.31.70.2")]
    assert desk.counters["arp.dropped.full"] == 1
    desk.run(3.0)
    desk.resolve(address("192.31.70.3"))
    assert [packet.target for packet in desk.said()] == [address("192.31.70.3")]


def test_by_an_interface_that_is_not_up_nothing_is_asked() -> None:
    desk = Desk(up=False)
    assert desk.resolve(HOST) is None
    assert not desk.arp.take_actions()
    assert desk.counters["arp.dropped.interface"] == 1


# Ageing (RFC 1122 section 2.3.2.1)


def test_1122_a_neighbour_in_use_is_polled_after_about_a_minute_and_stays_if_it_answers() -> None:
    desk = Desk()
    desk.knows()
    ((at, whom, packet),) = desk.run(76.0)[:1]
    assert 45.0 <= at - 10.0 <= 75.0
    assert whom == OTHER
    assert (packet.opcode, packet.target) == (REQUEST, HOST)


def test_1122_n_polls_without_answer_are_two_then_it_is_forgotten() -> None:
    desk = Desk()
    desk.knows()
    said = desk.run(90.0)
    assert [whom for _, whom, _ in said] == [OTHER, OTHER]
    assert said[1][0] - said[0][0] == 1.0
    assert not desk.arp.known
    assert desk.resolve(HOST) is None


def test_an_answer_to_a_poll_keeps_it() -> None:
    desk = Desk()
    desk.knows()
    due = desk.arp.next_wake()
    assert due is not None
    desk.run(due - desk.now)
    assert desk.state() == "probe"
    desk.answers(OTHER, HOST)
    assert desk.state() == "reachable"
    assert not desk.run(44.0)


def test_smoltcp_319_while_it_is_polled_its_packets_go() -> None:
    desk = Desk()
    desk.knows()
    desk.run((desk.arp.next_wake() or 0) - desk.now)
    assert desk.resolve(HOST) == OTHER


def test_1122_what_it_broadcasts_to_whomever_begins_its_time_anew() -> None:
    desk = Desk()
    desk.knows()
    for _ in range(5):
        desk.run(40.0)
        desk.asks(OTHER, HOST, STRANGER)
    assert desk.state() == "reachable"


def test_who_only_asked_and_is_not_used_is_forgotten_without_a_word() -> None:
    desk = Desk()
    desk.asks(OTHER, HOST)
    desk.said()
    assert desk.state() == "stale"
    assert not desk.run(76.0)
    assert not desk.rows()


# Who is believed (RFC 826, "Packet Reception")


def test_826_who_asks_for_us_is_answered_to_itself_and_kept() -> None:
    desk = Desk()
    desk.asks(OTHER, HOST)
    (sent,) = desk.arp.take_actions()
    assert sent == Send(Frame(wire(REPLY, F1, US, HOST, OTHER), b"", OTHER, ARP, "lan"))
    assert desk.resolve(HOST) == OTHER
    assert not desk.said()


def test_826_who_asks_for_another_is_neither_answered_nor_added() -> None:
    desk = Desk()
    desk.asks(OTHER, HOST, STRANGER)
    assert not desk.arp.take_actions()
    assert not desk.rows()


def test_826_who_is_known_is_merged_whomever_it_asks_and_whatever_the_opcode() -> None:
    for opcode in (REQUEST, REPLY):
        desk = Desk()
        desk.knows()
        desk.hears(opcode, hardware(9), HOST, STRANGER)
        assert desk.resolve(HOST) == hardware(9)
        assert desk.counters["arp.moved"] == 1
        (told,) = desk.reports()
        assert told.kind == "arp.moved"
        assert told.data == {
            "lan": "lan",
            "address": "192.31.65.5",
            "hardware": "02:00:00:00:00:09",
            "was": "02:00:00:00:00:e2",
        }


def test_826_who_is_asked_for_and_is_heard_saying_something_else_is_found() -> None:
    desk = Desk()
    desk.resolve(HOST, b"it")
    desk.asks(OTHER, HOST, STRANGER)
    assert desk.arp.take_ready() == [("lan", OTHER, b"it")]


def test_826_a_reply_is_not_answered() -> None:
    desk = Desk()
    desk.answers(OTHER, HOST)
    assert not desk.said()


def test_a_request_that_comes_to_us_alone_is_answered() -> None:
    desk = Desk()
    desk.hears(REQUEST, OTHER, HOST, US, to=F1)
    assert [packet.opcode for packet in desk.said()] == [REPLY]


def test_5_3_an_announcement_of_who_is_not_known_makes_no_entry() -> None:
    desk = Desk()
    desk.asks(OTHER, HOST, HOST)
    assert not desk.rows()
    desk.knows()
    desk.asks(hardware(9), HOST, HOST)
    assert desk.resolve(HOST) == hardware(9)


@pytest.mark.parametrize("who", [BROADCAST, NOBODY, bytes.fromhex("01005e000001"), bytes.fromhex("030000000001")])
def test_1812_3_3_2_a_hardware_address_of_many_or_of_nobody_is_not_believed(who: bytes) -> None:
    desk = Desk()
    desk.resolve(HOST, b"it")
    desk.said()
    desk.answers(who, HOST)
    desk.asks(who, HOST)
    assert not desk.arp.known
    assert not desk.arp.take_ready()
    assert not desk.said()
    assert desk.counters["arp.refused.sender-hardware"] == 2


@pytest.mark.parametrize("sender", ["224.0.0.1", "255.255.255.255", "127.0.0.1", "0.1.2.3", "240.0.0.1"])
def test_an_address_that_is_no_host_s_is_not_believed(sender: str) -> None:
    desk = Desk(length=1)
    desk.asks(OTHER, address(sender))
    assert not desk.rows()
    assert not desk.said()


@pytest.mark.parametrize("sender", ["192.31.60.5", "10.0.0.1", "192.31.65.0", "192.31.65.255"])
def test_a_sender_that_is_no_host_of_the_interface_s_network_is_ignored(sender: str) -> None:
    desk = Desk()
    desk.asks(OTHER, address(sender))
    assert not desk.rows()
    assert not desk.said()
    assert desk.counters["arp.ignored.off-link"] == 1


def test_what_is_no_arp_packet_is_counted_and_told_once() -> None:
    desk = Desk()
    for _ in range(5):
        desk.arp.receive(Frame(b"\0" * 28, OTHER, BROADCAST, ARP, "lan"), desk.now)
    assert desk.counters["arp.refused.hardware-space"] == 5
    (told,) = desk.reports()
    assert told.kind == "input.refused"


def test_what_comes_by_an_interface_that_is_not_up_is_counted() -> None:
    desk = Desk()
    desk.hears(REQUEST, OTHER, HOST, US, lan="nowhere")
    assert desk.counters["arp.ignored.interface"] == 1


# Announcements, probes and conflicts (RFC 5227)


def test_5227_2_3_an_address_is_announced_when_it_comes_up_and_two_seconds_later() -> None:
    desk = Desk(up=False)
    desk.set_interface()
    ((first, packet),) = desk.frames()
    assert first == Frame(wire(REQUEST, F1, US, US), b"", BROADCAST, ARP, "lan")
    later = desk.run(100.0)
    assert [at for at, _, _ in later] == [0.05, 2.0]
    assert all(each == packet for _, _, each in later)


def test_an_interface_that_is_told_of_again_is_not_announced_again() -> None:
    desk = Desk()
    desk.knows()
    desk.set_interface(mtu=1400)
    assert not desk.said()
    assert desk.arp.known


@pytest.mark.parametrize("other", [{"hardware": hardware(0xEE)}, {"address": address("192.31.65.77")}])
def test_another_hardware_or_ip_address_is_announced_and_the_neighbours_are_asked_for_anew(
    other: dict[str, object],
) -> None:
    desk = Desk()
    desk.knows()
    desk.set_interface(**other)
    (said,) = desk.said()
    assert (said.sender_hardware, said.sender) == (desk.interface.hardware, desk.interface.address)
    assert not desk.arp.known


def test_down_and_up_forgets_and_announces() -> None:
    desk = Desk()
    desk.knows()
    desk.resolve(STRANGER)
    desk.said()
    desk.set_interface(up=False)
    assert not desk.rows()
    assert not desk.run(100.0)
    assert not desk.arp.take_failed()
    desk.asks(OTHER, HOST)
    assert not desk.said()
    desk.set_interface(up=True)
    assert len(desk.said()) == 1


def test_5227_1_1_a_probe_is_answered_and_nothing_is_learned_of_it() -> None:
    desk = Desk()
    desk.asks(OTHER, ANY)
    (sent,) = desk.arp.take_actions()
    assert sent == Send(Frame(wire(REPLY, F1, US, ANY, OTHER), b"", OTHER, ARP, "lan"))
    assert not desk.rows()
    assert not desk.counters["arp.conflicts"]


@pytest.mark.parametrize("opcode", [REQUEST, REPLY])
@pytest.mark.parametrize("target", [US, HOST])
def test_5227_2_4_c_who_claims_our_address_is_told_of_and_the_address_is_defended(opcode: int, target: Address) -> None:
    desk = Desk()
    desk.hears(opcode, OTHER, US, target)
    actions = desk.arp.take_actions()
    (defence,) = (each for each in actions if isinstance(each, Send))
    assert defence == Send(Frame(wire(REQUEST, F1, US, US), b"", BROADCAST, ARP, "lan"))
    (told,) = (each for each in actions if not isinstance(each, Send))
    assert told.kind == "arp.conflict"
    assert told.data == {"lan": "lan", "address": "192.31.65.7", "hardware": "02:00:00:00:00:e2"}
    assert not desk.rows()


def test_5227_2_4_c_never_two_within_defend_interval_and_never_given_up() -> None:
    desk = Desk()
    defended = []
    for _ in range(100):
        desk.asks(OTHER, US, HOST)
        defended += [desk.now for _ in desk.said()]
        desk.run(1.0)
    assert defended == [10.0 + 10 * step for step in range(10)]
    assert desk.counters["arp.conflicts"] == 100


def test_5227_2_4_what_we_have_said_ourselves_is_no_conflict() -> None:
    desk = Desk()
    desk.asks(F1, US, US)
    assert not desk.arp.take_actions()
    assert desk.counters["arp.ignored.own"] == 1


# Proxy ARP (RFC 1027)


def proxy(*routed: Address) -> Desk:
    desk = Desk()
    desk.arp.may_proxy = lambda interface, target: interface == "lan" and target in routed
    return desk


def test_1027_2_1_the_gateway_answers_for_a_host_behind_it_with_its_own_hardware_address() -> None:
    desk = proxy(FAR)
    desk.asks(OTHER, HOST, FAR)
    (sent,) = desk.arp.take_actions()
    assert sent == Send(Frame(wire(REPLY, F1, FAR, HOST, OTHER), b"", OTHER, ARP, "lan"))
    assert desk.counters["arp.proxied"] == 1
    assert desk.state() == "stale"


def test_1027_2_2_where_the_routes_do_not_lead_elsewhere_it_is_silent() -> None:
    desk = proxy()
    desk.asks(OTHER, HOST, FAR)
    assert not desk.said()
    assert not desk.rows()


def test_1027_2_5_the_routes_and_not_the_prefix_say_who_is_behind_the_gateway() -> None:
    """ "an ARP subnet gateway must use the physical network interface, not the subnet number to determine when to
    reply": with a network of its own inside the large one of the asker's LAN it answers for that."""
    desk = proxy(STRANGER)
    desk.asks(OTHER, HOST, STRANGER)
    assert [(packet.opcode, packet.sender) for packet in desk.said()] == [(REPLY, STRANGER)]


def test_who_announces_itself_is_not_answered_by_a_proxy() -> None:
    desk = proxy(HOST)
    desk.asks(OTHER, HOST, HOST)
    assert not desk.said()


@pytest.mark.parametrize("target", ["255.255.255.255", "192.31.65.255", "224.0.0.5", "127.0.0.1", "0.0.0.0"])
def test_1027_2_4_a_request_for_a_broadcast_address_must_elicit_no_reply(target: str) -> None:
    desk = proxy(address(target))
    desk.asks(OTHER, HOST, address(target))
    assert not desk.said()


def test_a_proxy_answers_neither_probes_nor_replies_nor_strangers() -> None:
    desk = proxy(FAR)
    desk.asks(OTHER, ANY, FAR)
    desk.answers(OTHER, HOST, FAR)
    desk.asks(OTHER, address("10.0.0.1"), FAR)
    assert not desk.said()


# Floods


def test_who_only_asks_puts_out_nobody_with_whom_we_speak() -> None:
    desk = Desk(ArpOptions(neighbours=16), length=16)
    desk.knows()
    for number in range(1000):
        desk.asks(hardware(9), address(f"192.31.{70 + number // 200}.{1 + number % 200}"))
    assert len(desk.rows()) == 16
    assert desk.resolve(HOST) == OTHER
    assert desk.counters["arp.sent.reply"] == 1000
    assert desk.counters["arp.evicted"] == 985


def test_where_all_are_in_use_who_asks_is_answered_and_not_kept() -> None:
    desk = Desk(ArpOptions(neighbours=2), length=16)
    for last in (1, 2):
        desk.knows(address(f"192.31.70.{last}"), hardware(last))
    desk.asks(hardware(3), address("192.31.70.3"))
    assert len(desk.said()) == 1
    assert len(desk.rows()) == 2
    desk.knows(address("192.31.70.4"), hardware(4))
    assert [row["address"] for row in desk.rows()] == ["192.31.70.2", "192.31.70.4"]


def test_flushing_forgets_who_is_known_and_asks_anew() -> None:
    desk = Desk()
    desk.knows()
    desk.resolve(STRANGER, b"waits")
    desk.said()
    desk.arp.flush()
    assert [row["address"] for row in desk.rows()] == ["192.31.65.9"]
    assert desk.resolve(HOST) is None
    assert len(desk.said()) == 1
    desk.answers(hardware(9), STRANGER)
    assert desk.arp.take_ready() == [("lan", hardware(9), b"waits")]


def test_a_lan_that_was_silent_is_announced_on_and_its_neighbours_are_asked_for_anew() -> None:
    desk = Desk()
    desk.knows()
    desk.arp.forget("lan", desk.now)
    assert [packet.target for packet in desk.said()] == [US]
    assert [at for at, _, _ in desk.run(9.0)] == [10.05, 12.0]
    assert desk.resolve(HOST) is None
    desk.arp.forget("nowhere", desk.now)


def test_the_table_as_it_is_shown() -> None:
    desk = Desk()
    desk.knows()
    desk.run(1.5)
    desk.resolve(STRANGER)
    assert desk.rows() == [
        {
            "lan": "lan",
            "address": "192.31.65.5",
            "hardware": "02:00:00:00:00:e2",
            "state": "reachable",
            "seconds": 1.5,
        },
        {"lan": "lan", "address": "192.31.65.9", "hardware": "", "state": "incomplete", "seconds": 0.0},
    ]
