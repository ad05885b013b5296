"""ARP packets on the wire, for IPv4 on Ethernet (RFC 826, "Packet format").

 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|   hardware space (2), 1       |  protocol space (2), 0x0800   |
+---------------+---------------+-------------------------------+
| its length, 6 | its length, 4 |          opcode (2)           |
+---------------+---------------+-------------------------------+
|                  sender's hardware address (6)                |
+                               +-------------------------------+
|                               |  sender's IPv4 address (4)    |
+-------------------------------+-------------------------------+
|                               |  target's hardware address    |
+-------------------------------+                               +
|                              (6)                              |
+---------------------------------------------------------------+
|                  target's IPv4 address (4)                    |
+---------------------------------------------------------------+
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError

__all__ = ["REPLY", "REQUEST", "ArpPacket", "announcement", "request"]

REQUEST, REPLY = 1, 2

_ETHERNET, _IPV4 = 1, 0x0800
_LAYOUT = struct.Struct(">HHBBH6s4s6s4s")
_UNKNOWN = bytes(6)


@dataclass(frozen=True, slots=True)
class ArpPacket:
    """One packet. Hardware addresses are the 6 bytes of Ethernet's; in a request the target's means nothing."""

    opcode: int
    sender_hardware: bytes
    sender: Address
    target_hardware: bytes
    target: Address

    @classmethod
    def parse(cls, data: bytes) -> ArpPacket:
        """The payload of a frame → ArpPacket. What follows it is Ethernet's padding.

        Raises:
            DecodeError: it is cut short, not of IPv4 on Ethernet, or neither request nor reply.

        """
        if len(data) < _LAYOUT.size:
            raise DecodeError("length", len(data), f"less than {_LAYOUT.size}")
        hardware, protocol, hardware_length, protocol_length, opcode, *addresses = _LAYOUT.unpack_from(data)
        # "?Do I have the hardware type in ar$hrd? […] ?Do I speak the protocol in ar$pro?"
        for field, value, wanted in (
            ("hardware space", hardware, _ETHERNET),
            ("protocol space", protocol, _IPV4),
            ("hardware length", hardware_length, 6),
            ("protocol length", protocol_length, 4),
        ):
            if value != wanted:
                raise DecodeError(field, value, f"not {wanted}")
        if opcode not in (REQUEST, REPLY):
            raise DecodeError("opcode", opcode, "neither request nor reply")
        sender_hardware, sender, target_hardware, target = addresses
        return cls(opcode, sender_hardware, Address.unpack(sender), target_hardware, Address.unpack(target))

    def __bytes__(self) -> bytes:
        return _LAYOUT.pack(
            _ETHERNET,
            _IPV4,
            6,
            4,
            self.opcode,
            self.sender_hardware,
            self.sender.pack(),
            self.target_hardware,
            self.target.pack(),
        )


def announcement(hardware: bytes, address: Address) -> ArpPacket:
    """What a host broadcasts when it begins to use an address: "an ARP Request packet, broadcast on the local link,
    identical to the ARP Probe […], except that both the sender and target IP address fields contain the IP address
    being announced" (RFC 5227 section 1.1).
    """
    # "The 'target hardware address' field is ignored and SHOULD be set to all zeroes." (1.1)
    return ArpPacket(REQUEST, hardware, address, _UNKNOWN, address)


def request(hardware: bytes, address: Address, wanted: Address) -> ArpPacket:
    """Who has that address? It carries the asker's own mapping, too (RFC 826, "Packet Generation")."""
    return ArpPacket(REQUEST, hardware, address, _UNKNOWN, wanted)
