"""What of a call can be heard where its packets pass, by a relay or not: RTP with G.711 in captured packets → samples.

Whoever captures has no key: a payload is taken for µ-law (payload type 0), whatever it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catenet.orchestrator.wire.packets import UDP, CapturedPacket
from catenet.orchestrator.wire.rtp import read_rtp
from catenet.orchestrator.wire.stun import carried

__all__ = ["Overheard", "overheard"]

_PLAIN = 0x80
"""The first octet of RTP whose header is no longer than it must be."""
_FRAME = 160
"""Octets of 20 ms."""
_MOST = 60 * 50
"""Frames of one source that are kept: a minute."""
_HALF, _WHOLE = 1 << 15, 1 << 16


class Overheard(NamedTuple):
    """One source's speech, as 16-bit samples of 8 kHz in the machine's byte order; `packets`: how many there were;
    `octets`: of each payload: 160 of G.711, and with SRTP the tag behind them."""

    source: int
    packets: int
    octets: int
    pcm: bytes


def overheard(packets: Iterable[CapturedPacket]) -> list[Overheard]:
    """Of each source (SSRC), in the order of its sequence numbers; what is missing is silence."""
    frames: dict[int, dict[int, bytes]] = {}
    octets: dict[int, int] = {}
    for source, sequence, payload in _rtp(packets):
        known = frames.setdefault(source, {})
        first = next(iter(known), sequence)
        place = first + (sequence - first + _HALF) % _WHOLE - _HALF  # a packet is seen as it comes and as it goes
        if place not in known and len(known) < _MOST:
            known[place] = payload
            octets[source] = len(payload)
    return [Overheard(source, len(known), octets[source], _samples(known)) for source, known in frames.items()]


def _rtp(packets: Iterable[CapturedPacket]) -> Iterator[tuple[int, int, bytes]]:
    for packet in packets:
        for said in carried(packet) if packet.protocol == UDP else ():
            seen = read_rtp(said.data)
            if seen is not None and seen.payload == "PCMU" and said.data[0] == _PLAIN and len(seen.data) >= _FRAME:
                yield seen.source, seen.sequence, seen.data


def _samples(frames: dict[int, bytes]) -> bytes:
    first, last = min(frames), max(frames)
    silence = bytes(2 * _FRAME)
    places = range(first, min(last + 1, first + _MOST))
    return b"".join(_decoded(frames[place][:_FRAME]) if place in frames else silence for place in places)


def _decoded(codes: bytes) -> bytes:
    return array("h", map(_LINEAR.__getitem__, codes)).tobytes()


def _linear(code: int) -> int:
    """ITU-T G.711 table 2b: bits are inverted; a sign, three bits of a chord, four of a step."""
    sign, chord, step = ~code & 0x80, (~code >> 4) & 7, ~code & 0xF
    value = (((step << 3) + 0x84) << chord) - 0x84
    return -value if sign else value


_LINEAR = [_linear(code) for code in range(256)]
