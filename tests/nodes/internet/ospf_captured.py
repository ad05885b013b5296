"""What FRR and BIRD said to each other, as it was captured (ospf_captured/README.md)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from catenet.nodes.address import Address

_FOLDER = Path(__file__).parent / "ospf_captured"
_FILE, _RECORD, _ETHERNET, _IP = 24, 16, 14, 20


class Captured(NamedTuple):
    """An OSPF packet, with all that was behind it in its IP packet."""

    source: Address
    destination: Address
    data: bytes


def captured(name: str) -> list[Captured]:
    """The packets of one file, in their order."""
    file, at, found = (_FOLDER / f"{name}.pcap").read_bytes(), _FILE, []
    while at < len(file):
        (length,) = struct.unpack_from("<I", file, at + 8)
        packet = file[at + _RECORD + _ETHERNET : at + _RECORD + length]
        end = int.from_bytes(packet[2:4], "big")
        found.append(Captured(Address.unpack(packet[12:16]), Address.unpack(packet[16:20]), packet[_IP:end]))
        at += _RECORD + length
    return found
