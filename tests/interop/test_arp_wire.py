"""Wireshark judges what our ARP says: announced, asked, answered, polled, for another, and in defence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import pytest
from dissected import Tshark, complaints, tshark

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.link.arp.config import ArpOptions
from catenet.nodes.link.arp.machine import Arp
from catenet.nodes.link.arp.packet import REPLY, REQUEST, ArpPacket
from catenet.nodes.link.ethernet.hardware import ARP, BROADCAST
from catenet.nodes.machine import Frame as EthernetFrame
from catenet.nodes.machine import Interface, Send
from catenet.orchestrator.wire.packets import ETHERNET_LINK, Frame, pcap_header, pcap_record

pytestmark = pytest.mark.engine

US, HIM, FAR = (Address.parse(each) for each in ("192.31.65.1", "192.31.65.7", "192.31.63.8"))
OURS, HIS = b"\2\0\0\0\0\xe3", b"\2\0\0\0\0\xe1"
EPOCH = 1_700_000_000

# In the order in which they are said: the announcement at once and again, the request, the answer to his request, the
# poll a minute later, the answer for FAR, the answer to a probe, the defence.
FIELDS: Mapping[str, list[str]] = {
    "eth.dst": ["ff:ff:ff:ff:ff:ff"] * 4 + ["02:00:00:00:00:e1"] * 4 + ["ff:ff:ff:ff:ff:ff"],
    "arp.hw.type": ["1"] * 9,
    "arp.proto.type": ["0x0800"] * 9,
    "arp.opcode": ["1", "1", "1", "1", "2", "1", "2", "2", "1"],
    "arp.src.hw_mac": ["02:00:00:00:00:e3"] * 9,
    "arp.src.proto_ipv4": ["192.31.65.1"] * 6 + ["192.31.63.8"] + ["192.31.65.1"] * 2,
    "arp.dst.proto_ipv4": ["192.31.65.1"] * 3 + ["192.31.65.7"] * 4 + ["0.0.0.0", "192.31.65.1"],
    "arp.isannouncement": ["True"] * 3 + ["False", "False", "False", "False", "False", "True"],
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


def said() -> list[tuple[float, bytes]]:
    """Whole frames, and when."""
    arp, now, frames = Arp(ArpOptions(), Random(1), lambda counter, by=1: None), 0.0, []

    def take() -> None:
        for action in arp.take_actions():
            if isinstance(action, Send) and isinstance(action.packet, EthernetFrame):
                head = action.packet.destination + OURS + ARP.to_bytes(2)
                frames.append((EPOCH + now, head + action.packet.data))

    def until(end: float) -> None:
        nonlocal now
        while (due := arp.next_wake()) is not None and due <= end:
            now = due
            arp.wake(now)
            take()
        now = end

    def hear(opcode: int, who: bytes, sender: Address, target: Address) -> None:
        packet = ArpPacket(opcode, who, sender, bytes(6), target)
        arp.receive(EthernetFrame(bytes(packet), who, BROADCAST, ARP, "lan"), now)
        take()

    arp.may_proxy = lambda interface, address: address == FAR
    arp.set_interface(Interface("lan", US, Prefix.of(US, 24), hardware=OURS), now)
    until(5.0)
    arp.resolve("lan", HIM, b"", now)
    take()
    hear(REPLY, HIS, HIM, US)
    hear(REQUEST, HIS, HIM, US)
    due = arp.next_wake()
    assert due is not None
    until(due)
    hear(REPLY, HIS, HIM, US)
    hear(REQUEST, HIS, HIM, FAR)
    hear(REQUEST, HIS, ANY, US)
    hear(REQUEST, b"\2\0\0\0\0\x66", US, HIM)
    return frames


def test_each_packet_is_read_as_it_was_meant_and_none_is_malformed(judge: Tshark) -> None:
    capture = pcap_header(ETHERNET_LINK) + b"".join(
        pcap_record(Frame(at, ETHERNET_LINK, data, len(data))) for at, data in said()
    )
    seen = judge.read(capture, *FIELDS, "frame.protocols")
    assert {tuple(each["frame.protocols"]) for each in seen} == {("eth:ethertype:arp",)}
    assert {field: [value for each in seen for value in each.get(field, ["False"])] for field in FIELDS} == FIELDS
    assert complaints(seen) == []
