"""`Arp`: who is believed and answered, sentence by sentence of RFC 826, 1812, 5227 and 1027."""

from __future__ import annotations

import pytest
from resolving import F1, FAR, HOST, NOBODY, OTHER, STRANGER, US, Desk, address, hardware, wire

from catenet.nodes.address import ANY, Address
from catenet.nodes.link.arp.packet import REPLY, REQUEST
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Send

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
