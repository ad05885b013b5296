"""Speech in a file: WAVE, in its three forms of 8 kHz and one channel: G.711's two laws, and 16-bit samples.

A file is a RIFF chunk, whose data begin with the word WAVE and are chunks again ("Multimedia Programming Interface and
Data Specifications 1.0", 1991). Numbers are little-endian; a chunk of odd length has an octet of padding:

     0               4               8               12
    +---------------+---------------+---------------+
    | "RIFF"        | octets, of all| "WAVE"        |
    +-------+-------+-------+-------+---------------+
    | "fmt "        | 16 or more    | form  | chan. |
    +---------------+-------+-------+---------------+
    | samples/s     | octets/s      | align | bits  |   the form: RFC 2361; 1 is PCM, 6 A-law, 7 µ-law
    +---------------+---------------+---------------+
    | "data"        | octets        | samples …
    +---------------+---------------+

Others' chunks are passed over. Python's own reader knows only samples, not the laws.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator

from catenet.nodes.application.rtp.g711 import PCMA, PCMU, RATE, Law
from catenet.nodes.machine import DecodeError

__all__ = ["LONGEST", "read_wav", "write_wav"]

LONGEST = 600
"""Seconds of speech that a file may have."""

_LAWS = {6: PCMA, 7: PCMU}
_LINEAR = 1
_CHUNKS = 64
"""Chunks that are looked at."""
_CHUNK = struct.Struct("<4sI")
_RIFF = struct.Struct("<4sI4s")
_FORMAT = struct.Struct("<HHIIHH")


def read_wav(data: bytes) -> bytes:
    """A file → 16-bit samples, in the machine's byte order (as g711's).

    Raises:
        DecodeError: it is none, is cut short, is of another form, or is over ten minutes long.

    """
    law: Law | None = None
    known = False
    for name, begin, length in _chunks(data):
        if name == b"fmt ":
            law = _read_format(data[begin : begin + length])
            known = True
        elif name == b"data":
            if not known:
                raise DecodeError("data", length, "it stands before the chunk that says its form")
            width = 1 if law else 2
            if length > LONGEST * RATE * width:
                raise DecodeError("data", length, f"over {LONGEST} s")
            if length % width:
                raise DecodeError("data", length, "half a sample")
            samples = data[begin : begin + length]
            return law.decode(samples) if law else _little_endian(samples)
    raise DecodeError("file", len(data), "no samples in it")


def write_wav(pcm: bytes, law: Law | None = None) -> bytes:
    """16-bit samples → a file of them, or of their codes.

    Raises:
        ValueError: over ten minutes, or half a sample.

    """
    if len(pcm) % 2 or len(pcm) > 2 * LONGEST * RATE:
        raise ValueError(f"{len(pcm)} octets are not up to {LONGEST} s of samples")
    samples = law.encode(pcm) if law else _little_endian(pcm)
    form = next((form for form, each in _LAWS.items() if each is law), _LINEAR)
    width = 1 if law else 2
    # What is not PCM says how many octets its extension has: none.
    words = _FORMAT.pack(form, 1, RATE, RATE * width, width, 8 * width) + (bytes(2) if law else b"")
    body = (
        _CHUNK.pack(b"fmt ", len(words))
        + words
        + _CHUNK.pack(b"data", len(samples))
        + samples
        + b"\0" * (len(samples) % 2)
    )
    return _RIFF.pack(b"RIFF", len(body) + 4, b"WAVE") + body


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The name of each chunk, where its data begin, and how many octets they are."""
    if len(data) < _RIFF.size:
        raise DecodeError("file", len(data), "shorter than its head")
    riff, _, wave = _RIFF.unpack_from(data)
    if (riff, wave) != (b"RIFF", b"WAVE"):
        raise DecodeError("file", riff + wave, "not RIFF and WAVE")
    begin = _RIFF.size
    for _ in range(_CHUNKS):
        if begin + _CHUNK.size > len(data):
            return
        name, length = _CHUNK.unpack_from(data, begin)
        begin += _CHUNK.size
        if length > len(data) - begin:
            raise DecodeError("chunk", name, f"{length} octets, and {len(data) - begin} are left")
        yield name, begin, length
        begin += length + length % 2
    raise DecodeError("file", len(data), f"over {_CHUNKS} chunks")


def _read_format(words: bytes) -> Law | None:
    """The law of the codes; None for samples."""
    if len(words) < _FORMAT.size:
        raise DecodeError("fmt", len(words), "shorter than 16 octets")
    form, channels, rate, _, align, bits = _FORMAT.unpack_from(words)
    if form not in (_LINEAR, *_LAWS):
        raise DecodeError("form", form, "not PCM (1), A-law (6) or µ-law (7)")
    if channels != 1:
        raise DecodeError("channels", channels, "speech has one")
    if rate != RATE:
        raise DecodeError("rate", rate, f"not {RATE} samples in a second")
    width = 16 if form == _LINEAR else 8
    if bits != width or align != width // 8:
        raise DecodeError("bits", bits, f"this form has {width}")
    return _LAWS.get(form)


def _little_endian(samples: bytes) -> bytes:
    """Samples of the machine's order ↔ those of a file."""
    if sys.byteorder == "little":
        return samples
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped.tobytes()
