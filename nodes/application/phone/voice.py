"""What is said where there is no recording: a tone with the rhythm, pitch and pauses of speech, so that what is heard
at the other end can be compared with it."""

from __future__ import annotations

from array import array
from math import pi, sin

from catenet.nodes.application.rtp.g711 import RATE

__all__ = ["synthetic"]

_SYLLABLES = (  # seconds, pitch (Hz), loudness; 0: a pause
    *((0.18, 118, 0.9), (0.14, 126, 0.6), (0.24, 110, 1.0), (0.12, 0, 0.0), (0.16, 132, 0.7), (0.30, 104, 0.95)),
    *((0.35, 0, 0.0), (0.12, 140, 0.8), (0.20, 124, 0.5), (0.15, 115, 0.9), (0.27, 98, 0.7), (0.22, 0, 0.0)),
    *((0.10, 128, 0.6), (0.33, 107, 1.0), (0.17, 121, 0.4), (0.09, 0, 0.0), (0.21, 113, 0.85), (0.48, 0, 0.0)),
)
_HARMONICS = ((1, 0.5), (2, 0.3), (4, 0.35), (5, 0.25), (9, 0.1), (19, 0.05))
"""Those near a vowel's formants, at 500, 1,000 and 2,300 Hz, are the loud ones."""
_LOUD = 9_000
_CYCLE = 256


def synthetic() -> bytes:
    """4 s of 16-bit samples of 8 kHz, in the machine's byte order."""
    cycle = [sum(part * sin(2 * pi * times * at / _CYCLE) for times, part in _HARMONICS) for at in range(_CYCLE)]
    samples = array("h")
    phase = 0.0
    for seconds, pitch, loudness in _SYLLABLES:
        length = int(seconds * RATE)
        step = pitch * _CYCLE / RATE
        for at in range(length):
            phase = (phase + step) % _CYCLE
            samples.append(int(_LOUD * loudness * sin(pi * at / length) * cycle[int(phase)]))
    return samples.tobytes()
