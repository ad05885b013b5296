"""The IPv4 packets of a capture on Ethernet, in a file of libpcap's first format."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

__all__ = ["captured_packets"]

_FILE, _RECORD, _ETHERNET = 24, 16, 14


def captured_packets(path: Path) -> Iterator[bytes]:
    """In their order, without what was behind them in their frames."""
    file, at = path.read_bytes(), _FILE
    while at < len(file):
        (length,) = struct.unpack_from("<I", file, at + 8)
        packet = file[at + _RECORD + _ETHERNET : at + _RECORD + length]
        yield packet[: int.from_bytes(packet[2:4], "big")]
        at += _RECORD + length
