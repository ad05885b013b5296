"""Wireshark judges the packets of a BFD session through its whole life, and the header that carries them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from dissected import Dissected, Tshark, capture_of, complaints, tshark

from catenet.nodes.address import Address
from catenet.nodes.internet.bfd.packet import PORT, TTL, Control
from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.machine import Datagram, Endpoint

pytestmark = pytest.mark.engine

EPOCH = 1_700_000_000
HERE, THERE = Endpoint(Address.parse("10.0.1.5"), 49_152), Endpoint(Address.parse("10.0.1.2"), PORT)
SECOND = 1_000_000
CONTROLS = (
    Control(SessionState.DOWN, 3, 0x1234, 0, SECOND, 100_000),
    Control(SessionState.INIT, 3, 0x1234, 0xCAFE, SECOND, 100_000, 1),
    Control(SessionState.UP, 3, 0x1234, 0xCAFE, 100_000, 100_000, poll=True),
    Control(SessionState.UP, 255, 0xFFFFFFFF, 0xCAFE, 10_000, 0xFFFFFFFF, 3, final=True),
    Control(SessionState.ADMIN_DOWN, 1, 0x1234, 0xCAFE, SECOND, 60 * SECOND, 7),
)
FIELDS: Mapping[str, list[str]] = {
    "bfd.version": ["1"] * 5,
    "bfd.diag": ["0x00", "0x01", "0x00", "0x03", "0x07"],
    "bfd.sta": ["0x01", "0x02", "0x03", "0x03", "0x00"],
    "bfd.flags.p": ["False", "False", "True", "False", "False"],
    "bfd.flags.f": ["False", "False", "False", "True", "False"],
    "bfd.flags.a": ["False"] * 5,
    "bfd.flags.d": ["False"] * 5,
    "bfd.flags.m": ["False"] * 5,
    "bfd.detect_time_multiplier": ["3", "3", "3", "255", "1"],
    "bfd.message_length": ["24"] * 5,
    "bfd.my_discriminator": ["0x00001234"] * 3 + ["0xffffffff", "0x00001234"],
    "bfd.your_discriminator": ["0x00000000"] + ["0x0000cafe"] * 4,
    "bfd.desired_min_tx_interval": ["1000000", "1000000", "100000", "10000", "1000000"],
    "bfd.required_min_rx_interval": ["100000", "100000", "100000", "4294967295", "60000000"],
    "bfd.required_min_echo_interval": ["0"] * 5,
    "udp.dstport": ["3784"] * 5,
    "ip.ttl": ["255"] * 5,
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Tshark]:
    with tshark() as running:
        yield running


def test_each_packet_is_read_as_it_was_meant_and_none_is_malformed(judge: Tshark) -> None:
    sent = [Datagram(bytes(control), HERE, THERE, ttl=TTL, tos=0xC0) for control in CONTROLS]
    capture = capture_of((EPOCH + at, packet) for at, packet in enumerate(sent))
    seen: list[Dissected] = judge.read(capture, *FIELDS, "frame.protocols")
    assert complaints(seen) == []
    assert {tuple(each["frame.protocols"]) for each in seen} == {("eth:ethertype:ip:udp:bfd",)}
    assert {field: [value for each in seen for value in each[field]] for field in FIELDS} == FIELDS
