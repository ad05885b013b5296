"""What FRR's bfdd and BIRD said to each other, as it was captured (bfd_captured/README.md)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from captured_packets import captured_packets

from catenet.nodes.address import Address

_FOLDER = Path(__file__).parent / "bfd_captured"
_IP, _UDP = 20, 8
FRR, BIRD = Address.parse("10.6.4.2"), Address.parse("10.6.4.3")


class Captured(NamedTuple):
    """A UDP datagram, and with what it came."""

    source: Address
    port: int
    ttl: int
    data: bytes


def captured(name: str) -> list[Captured]:
    """The datagrams of one file, in their order."""
    return [
        Captured(
            Address.unpack(packet[12:16]),
            int.from_bytes(packet[_IP : _IP + 2], "big"),
            packet[8],
            packet[_IP + _UDP :],
        )
        for packet in captured_packets(_FOLDER / f"{name}.pcap")
    ]
