"""Ethernet offloads, by the ethtool ioctl (linux/ethtool.h).

A veth pair leaves checksums out and hands over frames far beyond the MTU, since nobody on the same machine minds. A lab
minds: tcpdump complains of every checksum, and a stack in user space sees frames that no wire could carry.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct

__all__ = ["switch_off"]

_SIOCETHTOOL = 0x8946
_STXCSUM, _STSO, _SGSO, _SGRO = 0x17, 0x1F, 0x24, 0x2C


def switch_off(device: str) -> None:
    """Turn transmit checksumming, TSO, GSO and GRO off.

    Raises:
        OSError: there is no such device, or it cannot.

    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        for command in (_STXCSUM, _STSO, _SGSO, _SGRO):
            value = array.array("I", [command, 0])  # struct ethtool_value
            request = struct.pack("16sP16x", device.encode(), value.buffer_info()[0])  # struct ifreq
            fcntl.ioctl(any_socket, _SIOCETHTOOL, request)
