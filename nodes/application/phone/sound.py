"""What stands for a microphone and an ear: speech that is played, and what is heard kept."""

from __future__ import annotations

from catenet.nodes.application.rtp.g711 import FRAME, RATE
from catenet.nodes.application.rtp.wav import LONGEST

__all__ = ["OCTETS", "QUIET", "Player", "Recorder"]

OCTETS = 2 * FRAME
"""Octets of 20 ms: 160 samples of 16 bits."""
QUIET = bytes(OCTETS)
_MOST = 2 * LONGEST * RATE


class Player:
    """Gives 16-bit samples of 8 kHz, 20 ms at a time: once, then silence; or again and again. None at all: silence."""

    def __init__(self, pcm: bytes = b"", *, again: bool = False) -> None:
        self._pcm = pcm + bytes(-len(pcm) % OCTETS)
        self._again = again
        self._at = 0

    @property
    def is_over(self) -> bool:
        """Whether all has been played."""
        return self._at >= len(self._pcm)

    def read(self) -> bytes:
        """The next 20 ms."""
        if self.is_over:
            if not self._again or not self._pcm:
                return QUIET
            self._at = 0
        frame = self._pcm[self._at : self._at + OCTETS]
        self._at += OCTETS
        return frame


class Recorder:
    """Keeps what is heard, ten minutes of it at the most."""

    def __init__(self) -> None:
        self._pcm = bytearray()

    @property
    def pcm(self) -> bytes:
        """16-bit samples of 8 kHz."""
        return bytes(self._pcm)

    def write(self, frame: bytes) -> None:
        """The next 20 ms."""
        if len(self._pcm) < _MOST:
            self._pcm += frame
