"""A packet that is larger than a LAN carries is cut into fragments (RFC 791 section 3.2, "An Example Fragmentation
Procedure"). Each is a packet of its own, and may be cut again.
"""

from __future__ import annotations

from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.options import copied

__all__ = ["fragment"]

_UNIT = 8
"""Octets: "fragments are counted in units of 8 octets"."""


def fragment(packet: bytes, mtu: int) -> list[bytes]:
    """A whole packet, or a fragment of one → packets of at most `mtu` octets: the packet itself, if it is no larger.
    All options are in the first; of the others each has those whose type says so.

    Raises:
        ValueError: it says that it is not to be cut (DF), or the MTU has no room for eight octets behind the header.

    """
    if len(packet) <= mtu:
        return [packet]
    header = Header.parse(packet)
    if header.df:
        raise ValueError(f"{len(packet)} octets are over the MTU of {mtu}, and the packet has DF set")
    data = packet[header.length :]
    room = (mtu - header.length) // _UNIT * _UNIT
    later = header._replace(options=copied(header.options))
    others = (mtu - later.length) // _UNIT * _UNIT
    if room < _UNIT:
        raise ValueError(f"an MTU of {mtu} has no room behind a header of {header.length} octets")
    cuts = [0, *range(room, len(data), others)]
    made = []
    for begin, end in zip(cuts, [*cuts[1:], len(data)], strict=True):
        whole = later if begin else header
        more = header.mf or end < len(data)
        made.append(whole._replace(mf=more, offset=header.offset + begin).packet(data[begin:end]))
    return made
