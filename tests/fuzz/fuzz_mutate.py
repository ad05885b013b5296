"""Inputs made of others: what the fuzzing does where nothing guides it, and where something does, what that lacks."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

__all__ = ["mutate", "repeat"]

_ODD = (0, 1, 0x7F, 0x80, 0xFF)
_AT_ONCE = (1, 1, 1, 2, 3, 4)
"""Changes of one input: most often a single one, since what is still read goes deeper than what is refused."""


def mutate(random: Random, inputs: Sequence[bytes], words: Sequence[bytes], longest: int) -> bytes:
    """One of the inputs with a few changes: the shorter of two, as more of these can be tried in the same time."""
    data = bytearray(min(random.choice(inputs), random.choice(inputs), key=len))
    for _ in range(random.choice(_AT_ONCE)):
        _change(random, data, inputs, words)
    if not random.randrange(32):
        data[:] = repeat(random, bytes(data), longest)
    return bytes(data[:longest])


def repeat(random: Random, data: bytes, longest: int) -> bytes:
    """A piece of it again and again, up to the full length: what takes more than linear time shows itself."""
    begin = random.randrange(len(data) + 1)
    piece = data[begin : begin + random.randint(1, 1 + len(data) // 2)] or b"\0"
    times = random.randint(1, max(1, (longest - len(data)) // len(piece)))
    return (data[:begin] + piece * times + data[begin:])[:longest]


def _change(random: Random, data: bytearray, inputs: Sequence[bytes], words: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    end = min(len(data), at + random.randint(1, 8))
    match random.randrange(9 if words else 8):
        case 0 if data:
            data[at % len(data)] ^= 1 << random.randrange(8)
        case 1 if data:
            data[at % len(data)] = random.choice(_ODD)
        case 2:
            del data[at:end]
        case 3:
            data[at:at] = random.randbytes(random.randint(1, 8))
        case 4:
            data[at:at] = data[at:end] * random.randint(1, 4)
        case 5:
            del data[at:]
        case 6:
            other = random.choice(inputs)
            cut = random.randrange(len(other) + 1)
            data[at:] = other[cut:]
        case 7:
            _change_line(random, data, random.choice(inputs))
        case 8:
            data[at : random.choice((at, end))] = random.choice(words)


def _change_line(random: Random, data: bytearray, other: bytes) -> None:
    """Of a text a line goes, comes again elsewhere, or makes way for a line of another one."""
    lines, others = data.splitlines(keepends=True), other.splitlines(keepends=True)
    if len(lines) < 2:
        return
    at = random.randrange(len(lines))
    match random.randrange(3):
        case 0:
            del lines[at]
        case 1:
            lines.insert(random.randrange(len(lines)), lines[at])
        case 2 if others:
            lines[at : at + random.randrange(2)] = [random.choice(others)]
    data[:] = b"".join(lines)
