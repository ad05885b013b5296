"""RTP without encryption, for showing what then is heard on the way: the same sender and receiver as in srtp.py."""

from __future__ import annotations

from catenet.nodes.application.rtp.packet import BARE, HEADER, VERSION, payload_start
from catenet.nodes.machine import DecodeError

__all__ = ["ClearReceiver", "ClearSender"]

_SEQUENCES = 1 << 16
_REPORT = 8
"""Octets of the shortest report."""


class ClearSender:
    """What one source sends, from this sequence number on."""

    def __init__(self, ssrc: int, sequence: int) -> None:
        self._ssrc = ssrc
        self._sequence = sequence

    def protect(self, mark_and_type: int, timestamp: int, payload: bytes) -> bytes:
        """The next packet; `mark_and_type`: the second octet of its header."""
        sequence = self._sequence
        self._sequence = (sequence + 1) % _SEQUENCES
        return HEADER.pack(BARE, mark_and_type, sequence, timestamp, self._ssrc) + payload

    def protect_control(self, compound: bytes) -> bytes:
        """A compound RTCP packet, as it is."""
        return compound


class ClearReceiver:
    """What one source sends; anybody can say that he is it."""

    def __init__(self, ssrc: int) -> None:
        self._ssrc = ssrc

    def unprotect(self, data: bytes) -> bytes:
        """An RTP packet, as it is.

        Raises:
            DecodeError: too short, or of another source.

        """
        payload_start(data)
        return self._own(data, 8)

    def unprotect_control(self, data: bytes) -> bytes:
        """A compound RTCP packet, as it is.

        Raises:
            DecodeError: too short, or of another source.

        """
        if len(data) < _REPORT:
            raise DecodeError("length", len(data), "no report")
        if data[0] >> 6 != VERSION:
            raise DecodeError("version", data[0] >> 6)
        return self._own(data, 4)

    def _own(self, data: bytes, at: int) -> bytes:
        ssrc = int.from_bytes(data[at : at + 4], "big")
        if ssrc != self._ssrc:
            raise DecodeError("ssrc", ssrc, "a stranger's")
        return data
