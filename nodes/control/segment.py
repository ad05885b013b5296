"""A LAN as a VXLAN segment (RFC 7348) that its nodes make themselves, over one network of the engine's: the underlay.

Each node is its own tunnel endpoint (VTEP), with one address in the underlay. There is no multicast there: a frame for
all of the segment is sent to each of its `peers`, one after the other (head-end replication).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.printable import printable
from catenet.nodes.machine import Json

__all__ = [
    "OVERHEAD",
    "SEGMENT_DEVICES",
    "SEGMENT_PORT",
    "UNDERLAY_FILTER",
    "UNDERLAY_TABLE",
    "Segment",
    "Underlay",
    "check_segments",
]

SEGMENT_PORT = 4790
"""The UDP port of all segments: not VXLAN's own 4789, which an engine's overlay networks have on the same machine."""
OVERHEAD = 50
"""Octets by which the underlay's MTU must be more than a segment's: an Ethernet header of the inner frame (14), VXLAN
(8), UDP (8) and IPv4 (20) headers (RFC 7348 section 5)."""
SEGMENT_DEVICES = "vx"
"""How the names of the segments' devices begin: the place of its interface in the node's configuration follows."""
UNDERLAY_TABLE = 4790
"""The number of the table of routes in which a node has the underlay's network, and of the rule's priority by which
what comes from its own address there goes by that table, and nothing else."""
UNDERLAY_FILTER = "catenet-underlay"
"""The name of the tables and chains of the kernel's packet filter that keep all else out of the underlay."""
_LARGEST_ID = 2**24 - 1
_SMALLEST_MTU, _LARGEST_MTU = 68, 9000
_MOST_PEERS = 1024
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Segment:
    """A node's end of a segment.

    `id`: its VXLAN network identifier (VNI), 1 to 2^24 - 1, for all of its nodes the same. `mtu`: the longest IP packet
    on it, in octets, 68 (RFC 791 section 3.2) to 9000. `peers`: where in the underlay its other nodes are, at most
    1024.
    """

    id: int
    mtu: int
    peers: tuple[Address, ...]

    def to_json(self) -> dict[str, Json]:
        return {"id": self.id, "mtu": self.mtu, "peers": [str(peer) for peer in self.peers]}

    @classmethod
    def parse(cls, value: Json) -> Segment:
        """What `to_json` gives.

        Raises:
            ValueError: it is none; the text names the field and its value.

        """
        found = _fields("segment", value, ("id", "mtu", "peers"))
        number = _whole("segment.id", found["id"], 1, _LARGEST_ID)
        mtu = _whole("segment.mtu", found["mtu"], _SMALLEST_MTU, _LARGEST_MTU)
        peers = found["peers"]
        if not isinstance(peers, list) or len(peers) > _MOST_PEERS:
            raise ValueError(f"segment.peers {_short(peers)} is no list of at most {_MOST_PEERS} addresses")
        addresses = tuple(_address("segment.peers", peer) for peer in peers)
        if len(set(addresses)) < len(addresses):
            twice = next(each for place, each in enumerate(addresses) if each in addresses[:place])
            raise ValueError(f"segment.peers has {twice} twice: each frame for all would come there twice")
        return cls(number, mtu, addresses)


@dataclass(frozen=True, slots=True)
class Underlay:
    """A node's place in the network that carries all of the lab's segments. `length`: of that network, 1 to 30."""

    address: Address
    length: int

    @property
    def prefix(self) -> Prefix:
        """The underlay's."""
        return Prefix.of(self.address, self.length)

    def to_json(self) -> dict[str, Json]:
        return {"address": str(self.address), "length": self.length}

    @classmethod
    def parse(cls, value: Json) -> Underlay:
        """What `to_json` gives.

        Raises:
            ValueError: it is none; the text names the field and its value.

        """
        found = _fields("underlay", value, ("address", "length"))
        made = cls(
            _address("underlay.address", found["address"]), _whole("underlay.length", found["length"], 1, _LONGEST)
        )
        if not made.prefix.holds_host(made.address):
            raise ValueError(f"underlay.address {made.address} is no host's in {made.prefix}")
        return made


def check_segments(underlay: Underlay | None, segments: Mapping[str, Segment]) -> None:
    """Whether a node's segments fit its underlay and each other. `segments`: by their LANs.

    Raises:
        ValueError: they do not; the text names the field and its value.

    """
    if underlay is None:
        if segments:
            raise ValueError(f"underlay is missing: {', '.join(map(printable, segments))} is a segment over it")
        return
    if not segments:
        raise ValueError(f"underlay {underlay.address}/{underlay.length} carries no segment: no interface has one")
    of: dict[int, str] = {}
    for lan, segment in segments.items():
        other = of.setdefault(segment.id, lan)
        if other != lan:
            raise ValueError(f"segment.id {segment.id} is of {printable(other)} and of {printable(lan)}")
        for peer in segment.peers:
            if peer == underlay.address:
                raise ValueError(f"segment.peers {peer} is the node's own underlay.address")
            if not underlay.prefix.holds_host(peer):
                raise ValueError(f"segment.peers {peer} is no host's in the underlay, {underlay.prefix}")


def _fields(where: str, value: Json, known: tuple[str, ...]) -> Mapping[str, Json]:
    """An object that has these fields, and no others."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} {_short(value)} is no object")
    for key in value:
        if key not in known:
            raise ValueError(f"{where}: {_short(key)} is none of {', '.join(known)}")
    for key in known:
        if key not in value:
            raise ValueError(f"{where}.{key} is missing")
    return value


def _whole(where: str, value: Json, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{where} {_short(value)} is no whole number from {least} to {most}")
    return value


def _address(where: str, value: Json) -> Address:
    try:
        return Address.parse(value if isinstance(value, str) else _short(value))
    except ValueError:
        raise ValueError(f"{where} {_short(value)} is no IPv4 address") from None


def _short(value: object) -> str:
    return printable(repr(value)[:60])
