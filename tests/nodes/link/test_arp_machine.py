"""`Arp`: who is asked, how often, and who is kept, sentence by sentence of RFC 826, 1122 and 1812."""

from __future__ import annotations

from resolving import F1, HOST, OTHER, STRANGER, US, Desk, address, hardware, wire

from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.packet import REQUEST
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Send

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


# The table


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
