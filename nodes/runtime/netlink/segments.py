"""What rtnetlink(7) says of VXLAN segments, pure: the device of one, where its frames go, and by which table of routes.

     0       1        2        3        4       5       6       7        8
    | family | dst len| src len| tos    | table |   reserved    | action | flags |      struct fib_rule_hdr

"Learning" of the device is RFC 7348's section 4.1: "the association of VM's MAC to VTEP's IP address is discovered via
source-address learning". Without it each frame would go to every peer, as on a hub.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.segment import SEGMENT_PORT, Segment
from catenet.nodes.runtime.netlink.codec import attribute, u32
from catenet.nodes.runtime.netlink.neighbours import NDA_DST, NDA_LLADDR, NUD_NOARP, NUD_PERMANENT
from catenet.nodes.runtime.netlink.routing import AF_INET, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, NLA_F_NESTED

__all__ = ["SegmentDevice", "forwarding_new", "rule_new", "segment_new"]

# Message types (linux/rtnetlink.h).
RTM_NEWNEIGH, RTM_NEWRULE = 28, 32

_LINKINFO, _KIND, _DATA = 18, 1, 2  # IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA
_ID, _LINK, _LOCAL, _LEARNING, _LIMIT, _PORT, _CHECKSUM = 1, 3, 4, 7, 9, 15, 18  # IFLA_VXLAN_…
_KNOWN = 16_384
"""Hardware addresses that are learned at most: who makes them up takes no more memory than that. Frames for others go
to all peers."""

_HEADER = struct.Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, change
_NEIGHBOUR = struct.Struct("=BxxxiHBB")  # struct ndmsg: family, index, state, flags, type
_RULE = struct.Struct("=BBBBBBBBI")
_BRIDGE, _SELF = 7, 0x02  # AF_BRIDGE, NTF_SELF
_SOURCE, _PRIORITY, _TABLE, _TO_TABLE = 2, 6, 15, 1  # FRA_SRC, FRA_PRIORITY, FRA_TABLE, FR_ACT_TO_TBL
_UNKNOWN = bytes(6)
"""The hardware address of the entry for all whose own has not been learned, and for groups and broadcasts."""


class SegmentDevice(NamedTuple):
    """A device that is to be made. `underlay`: the number of the interface that carries it, with whose end it ends, and
    `local` that interface's address; `hardware`: the device's own.
    """

    name: str
    segment: Segment
    underlay: int
    local: Address
    hardware: bytes


def segment_new(device: SegmentDevice) -> bytes:
    """The payload of RTM_NEWLINK that makes the device. It is not up yet.

    "UDP Checksum: It SHOULD be transmitted as zero" (RFC 7348 section 5): the frame inside has checksums of its own.
    """
    data = (
        attribute(_ID, u32(device.segment.id))
        + attribute(_LINK, u32(device.underlay))
        + attribute(_LOCAL, device.local.pack())
        + attribute(_PORT, struct.pack(">H", SEGMENT_PORT))
        + attribute(_LEARNING, b"\1")
        + attribute(_LIMIT, u32(_KNOWN))
        + attribute(_CHECKSUM, b"\0")
    )
    kind = attribute(_KIND, b"vxlan\0") + attribute(_DATA | NLA_F_NESTED, data)
    return (
        _HEADER.pack(0, 0, 0, 0, 0)
        + attribute(IFLA_IFNAME, device.name.encode() + b"\0")
        + attribute(IFLA_MTU, u32(device.segment.mtu))
        + attribute(IFLA_ADDRESS, device.hardware)
        + attribute(_LINKINFO | NLA_F_NESTED, kind)
    )


def forwarding_new(ifindex: int, peer: Address) -> bytes:
    """The payload of RTM_NEWNEIGH by which frames whose receiver is not known go to this peer, too."""
    head = _NEIGHBOUR.pack(_BRIDGE, ifindex, NUD_PERMANENT | NUD_NOARP, _SELF, 0)
    return head + attribute(NDA_LLADDR, _UNKNOWN) + attribute(NDA_DST, peer.pack())


def rule_new(source: Prefix, table: int, priority: int) -> bytes:
    """The payload of RTM_NEWRULE by which what has a source of the prefix goes by that table's routes. Of several rules
    that of the lowest priority counts."""
    head = _RULE.pack(AF_INET, 0, source.length, 0, 0, 0, 0, _TO_TABLE, 0)
    where = attribute(_SOURCE, source.network.pack()) + attribute(_TABLE, u32(table))
    return head + where + attribute(_PRIORITY, u32(priority))
