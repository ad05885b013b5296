"""Something like speech, the same for each seed: syllables with a pitch that glides, and pauses between them."""

from __future__ import annotations

from array import array
from functools import lru_cache
from math import exp, pi, sin
from random import Random

__all__ = ["frames", "noise", "speech"]

_RATE = 8000


@lru_cache
def speech(seconds: float, seed: int) -> bytes:
    """16-bit samples of 8 kHz, in the machine's byte order."""
    random = Random(seed)
    samples = array("h")
    length = int(seconds * _RATE)
    while len(samples) < length:
        samples += _syllable(random)
        samples += array("h", bytes(2 * int(random.choice((0.02, 0.05, 0.25)) * _RATE)))
    return samples[:length].tobytes()


def _syllable(random: Random) -> array[int]:
    """Harmonics of a pitch of 85 to 190 Hz, two formants, a quick rise and a slow fall."""
    length = int(random.uniform(0.12, 0.35) * _RATE)
    pitch, glide = random.uniform(85, 190), random.uniform(-0.1, 0.1)
    formants = random.uniform(300, 800), random.uniform(900, 2300)
    loud = random.uniform(3000, 9000)
    harmonics = [
        (number, _strength(number * pitch, *formants), random.uniform(0, 2 * pi))
        for number in range(1, min(20, int(3400 / pitch)))
    ]
    harmonics = [each for each in harmonics if each[1] > 0.05]
    samples = array("h")
    phase = 0.0
    for place in range(length):
        phase += 2 * pi * pitch * (1 + glide * place / length) / _RATE
        envelope = loud * min(1.0, place / 160, (length - place) / 600)
        value = sum(strength * sin(number * phase + begin) for number, strength, begin in harmonics)
        samples.append(max(-32768, min(32767, int(envelope * value))))
    return samples


def _strength(frequency: float, first: float, second: float) -> float:
    """Of a harmonic: the second formant is 10 dB below the first."""
    return exp(-(((frequency - first) / 250) ** 2)) + 0.3 * exp(-(((frequency - second) / 250) ** 2))


def noise(seconds: float, seed: int, loud: int = 6000) -> bytes:
    """What an eavesdropper has of an encrypted call: samples that know nothing of each other."""
    random = Random(seed)
    return array("h", [random.randint(-loud, loud) for _ in range(int(seconds * _RATE))]).tobytes()


def frames(data: bytes, octets: int) -> list[bytes]:
    """Cut into pieces of so many octets; what is left over is left out."""
    return [data[begin : begin + octets] for begin in range(0, len(data) - octets + 1, octets)]
