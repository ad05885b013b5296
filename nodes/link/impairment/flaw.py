"""A frame in which one bit is another: behind the headers, so that who checks what came finds it out."""

from __future__ import annotations

__all__ = ["flawed"]

_ETHERNET = 14
_IPV4 = b"\x08\x00"


def flawed(frame: bytes, share: float) -> bytes:
    """The frame, with the bit at that share (0 to 1) of what it carries another: behind the Ethernet header and, where
    it carries IPv4, the header of that. One that carries nothing stays as it is.
    """
    begin = _ETHERNET
    if frame[12:14] == _IPV4 and len(frame) > _ETHERNET:
        begin += (frame[_ETHERNET] & 0xF) * 4  # RFC 791 section 3.1: its length in 32 bit words
    bits = (len(frame) - begin) * 8
    if bits <= 0:
        return frame
    place = int(share * bits)
    changed = bytearray(frame)
    changed[begin + place // 8] ^= 0x80 >> place % 8
    return bytes(changed)
