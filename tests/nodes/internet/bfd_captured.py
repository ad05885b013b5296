"""What FRR's bfdd and BIRD said to each other, as it was captured (bfd_captured/README.md)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from catenet.nodes.address import Address

_FOLDER = Path(__file__).parent / "bfd_captured"
_FILE, _RECORD, _ETHERNET, _IP, _UDP = 24, 16, 14, 20, 8
FRR, BIRD = Address.parse("10.6.4.2"), Address.parse("10.6.4.3")


class Captured(NamedTuple):
    """A UDP datagram, and with what it came."""

    source: Address
    port: int
    ttl: int
    data: bytes


def captured(name: str) -> list[Captured]:
    """The datagrams of one file, in their order."""
    file, at, found = (_FOLDER / f"{name}.pcap").read_bytes(), _FILE, []
    while at < len(file):
        (length,) = struct.unpack_from("<I", file, at + 8)
        packet = file[at + _RECORD + _ETHERNET : at + _RECORD + length]
        end, port = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[_IP : _IP + 2], "big")
        found.append(Captured(Address.unpack(packet[12:16]), port, packet[8], packet[_IP + _UDP : end]))
        at += _RECORD + length
    return found
