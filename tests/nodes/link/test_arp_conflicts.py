"""`Arp`: announcements, probes and conflicts, sentence by sentence of RFC 5227."""

from __future__ import annotations

import pytest
from resolving import F1, HOST, OTHER, STRANGER, US, Desk, address, hardware, wire

from catenet.nodes.address import ANY, Address
from catenet.nodes.link.arp.packet import REPLY, REQUEST
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame, Send


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
