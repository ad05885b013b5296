"""RTP data packets (RFC 3550 section 5.1), and how they are told from RTCP's on one port (RFC 5761).

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                           timestamp                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           synchronization source (SSRC) identifier            |
    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
    |            contributing source (CSRC) identifiers             |
    |                             ....                              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

With X a header extension follows (section 5.3.1):

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      defined by profile       |           length              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        header extension                       |
    |                             ....                              |
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.machine import DecodeError

__all__ = ["BARE", "HEADER", "RESERVED", "VERSION", "Extension", "Packet", "is_control", "payload_start"]

VERSION = 2
RESERVED = range(64, 96)
"""Payload types that with the marker would look like RTCP's packet types (RFC 5761 section 4)."""
HEADER = struct.Struct(">BBHII")
"""V, P, X, CC; M, PT; sequence number; timestamp; SSRC."""
BARE = VERSION << 6
"""The first octet of a packet without padding, extension and CSRCs."""
_PADDED, _EXTENDED, _MARKER = 0x20, 0x10, 0x80
_EXTENSION = struct.Struct(">HH")


class Extension(NamedTuple):
    """A header extension: the 16 bits that its profile defines, and its content, whole 32-bit words."""

    profile: int
    data: bytes


class Packet(NamedTuple):
    """One RTP data packet. `timestamp` is in units of the payload's clock. Padding is no part of it."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: Extension | None = None

    @classmethod
    def parse(cls, data: bytes) -> Packet:
        """One datagram → Packet.

        Raises:
            DecodeError: see `payload_start`; or more padding than payload, or none where the header says that there is.

        """
        start = payload_start(data)
        first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        payload = data[start : _padding_start(data, start)] if first & _PADDED else data[start:]
        csrcs, extension = _optional(data, start) if first & 0x1F else ((), None)
        return cls(second & 0x7F, sequence, timestamp, ssrc, payload, second >= _MARKER, csrcs, extension)

    def __bytes__(self) -> bytes:
        extended = _EXTENDED if self.extension is not None else 0
        first = BARE | extended | len(self.csrcs)
        second = self.payload_type | (_MARKER if self.marker else 0)
        head = HEADER.pack(first, second, self.sequence, self.timestamp, self.ssrc)
        head += struct.pack(f">{len(self.csrcs)}I", *self.csrcs)
        if self.extension is not None:
            profile, data = self.extension
            head += _EXTENSION.pack(profile, len(data) // 4) + data
        return head + self.payload


def payload_start(data: bytes) -> int:
    """Where the payload of an RTP packet begins, in octets: behind the fixed header, the CSRCs and the extension.

    Raises:
        DecodeError: shorter than its header says, or not version 2 (RFC 3550 appendix A.1).

    """
    length = len(data)
    if length < HEADER.size:
        raise DecodeError("length", length, f"less than the {HEADER.size} octets of a header")
    first = data[0]
    if first == BARE:
        return HEADER.size
    if first >> 6 != VERSION:
        raise DecodeError("version", first >> 6)
    start = HEADER.size + 4 * (first & 0x0F)
    if first & _EXTENDED:
        if start + _EXTENSION.size > length:
            raise DecodeError("length", length, "the header's extension is cut off")
        start += _EXTENSION.size + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if start > length:
        raise DecodeError("length", length, f"less than the {start} octets of the header")
    return start


def _padding_start(data: bytes, start: int) -> int:
    """ "The last octet of the padding contains a count of how many padding octets should be ignored, including
    itself" (5.1).
    """
    padding = data[-1]
    if not 0 < padding <= len(data) - start:
        raise DecodeError("padding", padding, f"the packet has {len(data) - start} octets behind its header")
    return len(data) - padding


def _optional(data: bytes, start: int) -> tuple[tuple[int, ...], Extension | None]:
    """The CSRCs and the extension; `start`: of the payload."""
    count = data[0] & 0x0F
    csrcs = struct.unpack_from(f">{count}I", data, HEADER.size)
    if not data[0] & _EXTENDED:
        return csrcs, None
    at = HEADER.size + 4 * count
    return csrcs, Extension(int.from_bytes(data[at : at + 2], "big"), data[at + _EXTENSION.size : start])


def is_control(data: bytes) -> bool:
    """Whether a datagram of version 2 is RTCP: its packet type is where RTP has the marker and the payload type, and
    is 192 to 223 (RFC 5761 section 4)."""
    return len(data) > 1 and data[1] & 0x7F in RESERVED and data[1] >= _MARKER
