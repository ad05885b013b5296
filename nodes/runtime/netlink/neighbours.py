"""What rtnetlink(7) says of neighbours, pure: who on a link has which hardware address, as the kernel remembers it."""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError
from catenet.nodes.runtime.netlink.codec import attribute, attributes
from catenet.nodes.runtime.netlink.routing import AF_INET

__all__ = ["Neighbour", "neighbour_gone", "neighbour_request", "parse_neighbour"]

# Message types (linux/rtnetlink.h), attributes and states (linux/neighbour.h).
RTM_DELNEIGH, RTM_GETNEIGH = 29, 30
NDA_DST, NDA_LLADDR, NDA_CACHEINFO = 1, 2, 3
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
_STATES = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    NUD_NOARP: "noarp",
    NUD_PERMANENT: "permanent",
}
_TICKS = 100.0
"""A second of what NDA_CACHEINFO counts (USER_HZ)."""

_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # struct ndmsg: family, index, state, flags, type
_CACHE = struct.Struct("=IIII")


class Neighbour(NamedTuple):
    """An address on a link. `learned`: by ARP; else somebody has set it, or none is asked for. `state`: the kernel's
    word, "" where it has not begun; `seconds`: since it was last confirmed, or else since it has been asked for.
    """

    ifindex: int
    address: Address
    learned: bool
    hardware: bytes = b""
    state: str = ""
    seconds: float = 0.0


def parse_neighbour(payload: bytes) -> Neighbour | None:
    """RTM_NEWNEIGH; None where it is not IPv4.

    Raises:
        DecodeError: a length that does not fit.

    """
    if len(payload) < _NEIGHBOUR.size:
        raise DecodeError("ndmsg", payload, "cut short")
    family, ifindex, state, _, _ = _NEIGHBOUR.unpack_from(payload)
    found = attributes(payload[_NEIGHBOUR.size :])
    address = found.get(NDA_DST, b"")
    if family != AF_INET or len(address) != 4:
        return None
    learned = not state & (NUD_NOARP | NUD_PERMANENT)
    hardware, seconds = found.get(NDA_LLADDR, b""), _seconds(found.get(NDA_CACHEINFO, b""))
    return Neighbour(ifindex, Address.unpack(address), learned, hardware, _STATES.get(state, ""), seconds)


def _seconds(cache: bytes) -> float:
    """struct nda_cacheinfo: how long ago it was confirmed, used, updated; then how many hold it."""
    if len(cache) < _CACHE.size:
        return 0.0
    return int(_CACHE.unpack_from(cache)[0]) / _TICKS


def neighbour_request() -> bytes:
    """The payload of RTM_GETNEIGH that asks for every IPv4 neighbour."""
    return _NEIGHBOUR.pack(AF_INET, 0, 0, 0, 0)


def neighbour_gone(neighbour: Neighbour) -> bytes:
    """The payload of RTM_DELNEIGH: the kernel asks for it anew when it is needed."""
    return _NEIGHBOUR.pack(AF_INET, neighbour.ifindex, 0, 0, 0) + attribute(NDA_DST, neighbour.address.pack())
