"""When no ICMP error may be sent (RFC 1122 section 3.2.2, RFC 1812 section 4.3.2.7)."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import Address
from catenet.nodes.internet.icmp.error import ERRORS
from catenet.nodes.internet.icmp.packet import PROTOCOL

__all__ = ["refusal"]

_OFFSET = 0x1FFF
_SHORTEST = 20  # octets of a header


def refusal(packet: bytes, is_for_several: Callable[[Address], bool]) -> str:
    """Why no error may be sent about this packet; "": one may be. The words are those of its counters.

    `is_for_several`: whether an address is a group's or a broadcast on one of the node's LANs.
    """
    if len(packet) < _SHORTEST:
        return "short"
    source, destination = Address.unpack(packet[12:16]), Address.unpack(packet[16:20])
    # "any fragment of a datagram other then the first fragment"
    if int.from_bytes(packet[6:8], "big") & _OFFSET:
        return "fragment"
    # "a packet destined to an IP broadcast or IP multicast address"
    if is_for_several(destination):
        return "to many"
    # "a datagram whose source address does not define a single host -- e.g., a zero address, a loopback address, a
    # broadcast address, a multicast address, or a Class E address"
    if not source.is_unicast or is_for_several(source):
        return "source"
    if packet[9] == PROTOCOL:
        begins = (packet[0] & 15) * 4
        # One that is cut short before its type may be an error.
        if len(packet) <= begins or packet[begins] in ERRORS:
            return "about an error"
    return ""
