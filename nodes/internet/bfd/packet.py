"""The BFD Control packet on the wire (RFC 5880 section 4.1).

 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                       My Discriminator                        |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                      Your Discriminator                       |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                    Desired Min TX Interval                    |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                   Required Min RX Interval                    |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                 Required Min Echo RX Interval                 |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.machine import DecodeError

__all__ = ["PORT", "TTL", "VERSION", "Control", "diagnostic_text"]

PORT = 3784
"""The UDP port to which Control packets go (RFC 5881 section 4)."""
TTL = 255
"""With which they are sent, and without which they are not taken (RFC 5881 section 5)."""
VERSION = 1

_FIELDS = struct.Struct(">BBBBIIIII")
_LEAST, _LEAST_AUTHENTICATED = 24, 26
"""Octets: without, and with, an Authentication Section."""
_POLL, _FINAL, _INDEPENDENT, _AUTHENTICATED, _DEMAND, _MULTIPOINT = 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
_DIAGNOSTICS = (
    "No Diagnostic",
    "Control Detection Time Expired",
    "Echo Function Failed",
    "Neighbor Signaled Session Down",
    "Forwarding Plane Reset",
    "Path Down",
    "Concatenated Path Down",
    "Administratively Down",
    "Reverse Concatenated Path Down",
)


class Control(NamedTuple):
    """One packet, without its Authentication Section. Discriminators are of 32 bits, intervals in microseconds."""

    state: SessionState
    multiplier: int
    mine: int
    yours: int
    desired: int
    required: int
    diagnostic: int = 0
    echo: int = 0
    poll: bool = False
    final: bool = False
    independent: bool = False
    authenticated: bool = False
    demand: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Control:
        """The payload of a UDP datagram → Control. What is behind the packet's Length is not looked at.

        Raises:
            DecodeError: it is one that section 6.8.6 has discarded, whatever sessions there are.

        """
        if len(data) < _LEAST:
            raise DecodeError("length", len(data), f"octets came, and {_LEAST} are the least")
        first, flags, multiplier, length, mine, yours, desired, required, echo = _FIELDS.unpack_from(data)
        authenticated = bool(flags & _AUTHENTICATED)
        state = SessionState(flags >> 6)
        _check(first >> 5, length, len(data), authenticated=authenticated)
        if multiplier == 0:
            raise DecodeError("multiplier", multiplier)
        if flags & _MULTIPOINT:
            raise DecodeError("multipoint", 1, "the bit must be 0")
        if mine == 0:
            raise DecodeError("my-discriminator", mine)
        if yours == 0 and state > SessionState.DOWN:
            raise DecodeError("state", state.word, "and Your Discriminator is 0")
        return cls(
            state,
            multiplier,
            mine,
            yours,
            desired,
            required,
            first & 0x1F,
            echo,
            bool(flags & _POLL),
            bool(flags & _FINAL),
            bool(flags & _INDEPENDENT),
            authenticated,
            bool(flags & _DEMAND),
        )

    def __bytes__(self) -> bytes:
        flags = self.state << 6 | self.poll * _POLL | self.final * _FINAL | self.independent * _INDEPENDENT
        flags |= self.authenticated * _AUTHENTICATED | self.demand * _DEMAND
        return _FIELDS.pack(
            VERSION << 5 | self.diagnostic,
            flags,
            self.multiplier,
            _LEAST,
            self.mine,
            self.yours,
            self.desired,
            self.required,
            self.echo,
        )


def _check(version: int, length: int, payload: int, *, authenticated: bool) -> None:
    """In the order of section 6.8.6."""
    if version != VERSION:
        raise DecodeError("version", version)
    least = _LEAST_AUTHENTICATED if authenticated else _LEAST
    if length < least:
        raise DecodeError("length", length, f"under {least}")
    if length > payload:
        raise DecodeError("length", length, f"and the payload has {payload} octets")


def diagnostic_text(diagnostic: int) -> str:
    """A diagnostic code in the RFC's words."""
    return _DIAGNOSTICS[diagnostic] if diagnostic < len(_DIAGNOSTICS) else f"diagnostic {diagnostic}"
