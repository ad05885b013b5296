"""RTP packets (RFC 3550 section 5.1): whose they are, and which number. SRTP leaves that in the clear (RFC 3711)."""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["RtpSeen", "is_rtcp", "read_rtp"]

_HEADER = struct.Struct("!BBHII")
_NAMES = {0: "PCMU", 8: "PCMA"}
_RTCP = range(192, 224)
"""Packet types of RTCP, where RTP has the marker and the payload type (RFC 5761 section 4)."""


class RtpSeen(NamedTuple):
    """Its source (SSRC) and sequence number; `payload`: a name of RFC 3551's, else the type's number; `data`: what
    follows the twelve octets of the header."""

    source: int
    sequence: int
    payload: str
    data: bytes


def read_rtp(data: bytes) -> RtpSeen | None:
    """The packet's header; None: it is none."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    _, word, sequence, _, source = _HEADER.unpack_from(data)
    kind = word & 0x7F
    return None if word in _RTCP else RtpSeen(source, sequence, _NAMES.get(kind, str(kind)), data[_HEADER.size :])


def is_rtcp(data: bytes) -> bool:
    """Whether it is RTCP (RFC 3550 section 6.1), of which SRTCP enciphers all but the first eight octets."""
    return len(data) >= 8 and data[0] >> 6 == 2 and data[1] in _RTCP
