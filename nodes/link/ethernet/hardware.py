"""The types of frames, and hardware addresses."""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.control.hardware import hardware_text, parse_hardware

__all__ = ["ARP", "BROADCAST", "IPV4", "group_hardware", "hardware_text", "is_one_host", "parse_hardware"]

IPV4, ARP = 0x0800, 0x0806
"""Types (RFC 894; RFC 826's ether_type$ADDRESS_RESOLUTION)."""
BROADCAST = b"\xff" * 6

_LENGTH = 6  # octets
_GROUP = 0x01  # of the first octet
_NOBODY = bytes(_LENGTH)


def is_one_host(hardware: bytes) -> bool:
    """Whether an interface may have it: six octets, not a group's, not everybody's, not nobody's."""
    return len(hardware) == _LENGTH and not hardware[0] & _GROUP and hardware != _NOBODY


def group_hardware(group: Address) -> bytes:
    """ "by placing the low-order 23-bits of the IP address into the low-order 23 bits of the Ethernet multicast
    address 01-00-5E-00-00-00" (RFC 1112 section 6.4)."""
    return b"\x01\x00\x5e" + (int(group) & 0x7FFFFF).to_bytes(3, "big")
