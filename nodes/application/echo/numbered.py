"""Datagrams that are known again when they come back: whose, which one, and whether anything of it is another.

 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                                                               |
+                  run: of whom (drawn at random)               +
|                                                               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|                            number                             |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|  number, number + 1, number + 2 … (octets)                    …
"""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.machine import DecodeError

__all__ = ["RUN", "SMALLEST", "Numbered"]

RUN = 8
_NUMBER = 4
SMALLEST = RUN + _NUMBER
"""Octets of one that carries nothing but its number."""
_OCTETS = bytes(range(256))


class Numbered(NamedTuple):
    """One of them. `run`: RUN octets; `size`: octets in all, SMALLEST at the least."""

    run: bytes
    number: int
    size: int

    def __bytes__(self) -> bytes:
        filled = self.size - SMALLEST
        first = self.number % 256
        return self.run + self.number.to_bytes(_NUMBER, "big") + (_OCTETS * (filled // 256 + 2))[first : first + filled]

    @classmethod
    def parse(cls, data: bytes) -> Numbered:
        """What came back.

        Raises:
            DecodeError: it is too short, or an octet behind its number is another.

        """
        if len(data) < SMALLEST:
            raise DecodeError("size", len(data), f"at least {SMALLEST} octets")
        found = cls(data[:RUN], int.from_bytes(data[RUN:SMALLEST], "big"), len(data))
        if data != bytes(found):
            raise DecodeError("filling", data[SMALLEST : SMALLEST + 8], f"not that of number {found.number}")
        return found
