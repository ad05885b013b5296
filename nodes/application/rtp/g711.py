"""G.711: a sample of speech in eight bits, by one of two logarithmic laws (ITU-T G.711; RFC 3551 section 4.5.14).

A code is a sign, one of eight segments, and one of sixteen intervals in it. Each segment's intervals are twice as wide
as those of the one below it, so that quiet speech is as clear as loud speech:

     0   1   2   3   4   5   6   7
    +---+---+---+---+---+---+---+---+
    | P |  segment  |   interval    |    P: 1 where the sample is not negative
    +---+---+---+---+---+---+---+---+

On the wire µ-law has all bits but the sign inverted, A-law every second one, so that silence does not look like a dead
line. Samples here are 16 bits wide, in the machine's byte order, as `array("h")` has them; G.711 itself has 14 bits
(µ-law) or 13 (A-law), so its values stand here times 4 or 8.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from sys import byteorder

__all__ = ["FRAME", "PCMA", "PCMU", "RATE", "Law"]

RATE = 8000
"""Samples in a second (RFC 3551 table 4), and so the RTP clock's rate."""
FRAME = 160
"""Samples in a packet, and octets of its payload: 20 ms (RFC 3551 section 4.2, "default packetization interval")."""

_HALF = 1 << 15
_POSITIVE = 0x80
_QUIET = 2
"""Segments that are quiet: at most 1.2 % of the loudest sample (−38 dB) by µ-law, 1.6 % by A-law."""


class Law:
    """One of the two laws. `name` and `payload_type` are those of RFC 3551 table 4.

    Its tables are made when they are first wanted: the encoder's has 64 kB.
    """

    def __init__(self, name: str, payload_type: int, inverted: int, edges: list[int], outputs: list[int]) -> None:
        """`inverted`: the bits that are inverted on the wire. `edges`: where each of the 128 intervals begins;
        `outputs`: the sample that stands for it."""
        self.name = name
        self.payload_type = payload_type
        self.silence = bytes([_POSITIVE ^ inverted]) * FRAME
        self._inverted = inverted
        self._edges = edges
        self._outputs = outputs

    def encode(self, pcm: bytes) -> bytes:
        """16-bit samples → codes, an octet each.

        Raises:
            TypeError: an odd number of octets.

        """
        return bytes(map(self._codes.__getitem__, memoryview(pcm).cast("H")))

    def decode(self, codes: bytes) -> bytes:
        """Codes → 16-bit samples."""
        first, second = self._octets
        pcm = bytearray(2 * len(codes))
        pcm[::2] = codes.translate(first)
        pcm[1::2] = codes.translate(second)
        return bytes(pcm)

    def is_quiet(self, codes: bytes) -> bool:
        """No sample is above the lowest two segments: nobody speaks, and 20 ms more or less are not heard."""
        return not codes.translate(None, self._quiet_codes)

    @cached_property
    def _codes(self) -> bytes:
        """The code of each sample, by its 16 bits as a number without sign.

        G.711 does not say to which of two intervals a sample on their border belongs. As in the ITU's own program
        (G.191): to the upper one; and a negative one by its complement (~x), so that −1 is coded as 0 is.
        """
        halves = (
            b"".join(
                bytes([(sign | code) ^ self._inverted]) * (end - begin)
                for code, (begin, end) in enumerate(pairwise([*self._edges, _HALF]))
            )
            for sign in (_POSITIVE, 0)
        )
        positive, negative = halves
        return positive + negative[::-1]

    @cached_property
    def _octets(self) -> tuple[bytes, bytes]:
        """What a code becomes: the first octet of its sample, and the second one."""
        samples = bytearray()
        for code in range(256):
            plain = code ^ self._inverted
            output = self._outputs[plain & ~_POSITIVE]
            samples += (output if plain & _POSITIVE else -output).to_bytes(2, byteorder, signed=True)
        return bytes(samples[::2]), bytes(samples[1::2])

    @cached_property
    def _quiet_codes(self) -> bytes:
        return bytes(code for code in range(256) if ((code ^ self._inverted) & ~_POSITIVE) >> 4 < _QUIET)


def _mu_law() -> Law:
    """Table 2 of G.711. Segment s has steps of 2·2^s, and begins at 32·2^s − 33; the first interval of all is cut in
    two by zero, which stands for it."""
    places = [divmod(place, 16) for place in range(128)]
    edges = [4 * max(0, ((16 + interval) << (segment + 1)) - 33) for segment, interval in places]
    outputs = [4 * (((2 * interval + 33) << segment) - 33) for segment, interval in places]
    return Law("PCMU", 0, 0x7F, edges, outputs)


def _a_law() -> Law:
    """Table 1 of G.711. Segment s has steps of 2^s, and begins at 16·2^s; but the lowest has those of the next one, 2,
    and begins at zero."""
    places = [divmod(place, 16) for place in range(128)]
    edges = [8 * ((16 + interval) << segment if segment else 2 * interval) for segment, interval in places]
    outputs = [begin + (8 << max(segment - 1, 0)) for begin, (segment, _) in zip(edges, places, strict=True)]
    return Law("PCMA", 8, 0x55, edges, outputs)


PCMU = _mu_law()
"""µ-law."""
PCMA = _a_law()
"""A-law."""
