"""What FRR and BIRD said to each other, as it was captured (ospf_captured/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from captured_packets import captured_packets

from catenet.nodes.address import Address

_FOLDER = Path(__file__).parent / "ospf_captured"
_IP = 20


class Captured(NamedTuple):
    """An OSPF packet, with all that was behind it in its IP packet."""

    source: Address
    destination: Address
    data: bytes


def captured(name: str) -> list[Captured]:
    """The packets of one file, in their order."""
    return [
        Captured(Address.unpack(packet[12:16]), Address.unpack(packet[16:20]), packet[_IP:])
        for packet in captured_packets(_FOLDER / f"{name}.pcap")
    ]
