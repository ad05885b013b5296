"""What rtnetlink(7) says of neighbours, pure: who on a link has which hardware address, as the kernel remembers it."""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink.codec import attribute, attributes
from catenet.nodes.runtime.netlink.routing import AF_INET

__all__ = ["Neighbour", "neighbour_gone", "neighbour_request", "parse_neighbour"]

# Message types (linux/rtnetlink.h), an attribute and two states (linux/neighbour.h).
RTM_DELNEIGH, RTM_GETNEIGH = 29, 30
NDA_DST = 1
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80

_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # struct ndmsg: family, index, state, flags, type


class Neighbour(NamedTuple):
    """An address on a link. `learned`: by ARP; else somebody has set it, or none is asked for."""

    ifindex: int
    address: Address
    learned: bool


def parse_neighbour(payload: bytes) -> Neighbour | None:
    """RTM_NEWNEIGH; None where it is not IPv4.

    Raises:
        DecodeError: a length that does not fit.

    """
    if len(payload) < _NEIGHBOUR.size:
        raise DecodeError("ndmsg", payload, "cut short")
    family, ifindex, state, _, _ = _NEIGHBOUR.unpack_from(payload)
    address = attributes(payload[_NEIGHBOUR.size :]).get(NDA_DST, b"")
    if family != AF_INET or len(address) != 4:
        return None
    return Neighbour(ifindex, Address.unpack(address), not state & (NUD_NOARP | NUD_PERMANENT))


def neighbour_request() -> bytes:
    """The payload of RTM_GETNEIGH that asks for every IPv4 neighbour."""
    return _NEIGHBOUR.pack(AF_INET, 0, 0, 0, 0)


def neighbour_gone(neighbour: Neighbour) -> bytes:
    """The payload of RTM_DELNEIGH: the kernel asks for it anew when it is needed."""
    return _NEIGHBOUR.pack(AF_INET, neighbour.ifindex, 0, 0, 0) + attribute(NDA_DST, neighbour.address.pack())
