"""The fast path: what replaces the addresses and ports of a known flow's packets, and by how much their checksums
change, is worked out once.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from catenet.nodes.internet.ipv4.checksum import difference
from catenet.nodes.internet.nat.tcp import SEEN
from catenet.nodes.machine import Endpoint

if TYPE_CHECKING:
    from catenet.nodes.internet.nat.mapping import Session

__all__ = ["Flow", "key_of"]

_ENDS = Struct("!IIHH")
_DATAGRAM = Struct("!H12s2sH").pack
_SEGMENT = Struct("!H12s12sH").pack
"""From the IP checksum to that of the datagram, or segment."""


class Flow:
    """One direction of a session, of packets without IP options. `key`: their octets 12 to 23, addresses and ports;
    `came`, `goes`: their LANs; `out`: whether they come from inside."""

    __slots__ = ("_changed", "_moved", "_new", "came", "goes", "key", "out", "session")

    def __init__(self, session: Session, came: str, goes: str, *, out: bool) -> None:
        mapping, peer = session.mapping, session.peer
        old, new = (mapping.inside, peer), (mapping.outside, peer)
        if not out:
            old, new = (peer, mapping.outside), (peer, mapping.inside)
        self.session = session
        self.came = came
        self.goes = goes
        self.out = out
        self.key = key_of(*old)
        ends = key_of(*new)
        self._new = b"" if ends == self.key else ends
        self._moved = difference(self.key[:8], ends[:8])
        self._changed = difference(self.key, ends)

    def datagram(self, packet: bytes, ip_sum: int, now: float) -> bytes:
        """A datagram of it, with its IP checksum → what goes on. Only one from inside refreshes the session."""
        session = self.session
        session.last = now
        if self.out:
            session.expires = now + session.lifetime
            session.bytes_out += len(packet)
        else:
            session.bytes_in += len(packet)
        new = self._new
        if not new:
            return packet
        moved = (ip_sum ^ 0xFFFF) + self._moved
        was = packet[26] << 8 | packet[27]
        if was:  # 0 stands for none (RFC 768)
            changed = (was ^ 0xFFFF) + self._changed
            was = ((changed & 0xFFFF) + (changed >> 16)) ^ 0xFFFF or 0xFFFF
        head = _DATAGRAM(((moved & 0xFFFF) + (moved >> 16)) ^ 0xFFFF, new, packet[24:26], was)
        return packet[:10] + head + packet[28:]

    def segment(self, packet: bytes, ip_sum: int, now: float) -> bytes:
        """A segment of it likewise, one that changes nothing of its connection's state. It refreshes the session."""
        session = self.session
        session.last = now
        session.expires = now + session.lifetime
        if self.out:
            session.seen_out = packet[SEEN]
            session.bytes_out += len(packet)
        else:
            session.seen_in = packet[SEEN]
            session.bytes_in += len(packet)
        new = self._new
        if not new:
            return packet
        moved = (ip_sum ^ 0xFFFF) + self._moved
        changed = ((packet[36] << 8 | packet[37]) ^ 0xFFFF) + self._changed
        head = _SEGMENT(
            ((moved & 0xFFFF) + (moved >> 16)) ^ 0xFFFF,
            new,
            packet[24:36],
            ((changed & 0xFFFF) + (changed >> 16)) ^ 0xFFFF,
        )
        return packet[:10] + head + packet[38:]


def key_of(source: Endpoint, destination: Endpoint) -> bytes:
    """The octets 12 to 23 of a packet without IP options."""
    return _ENDS.pack(source.address, destination.address, source.port, destination.port)
