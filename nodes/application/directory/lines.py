"""Bytes of a connection → whole lines of bounded length."""

from __future__ import annotations

from catenet.nodes.machine import DecodeError

__all__ = ["Lines"]


class Lines:
    """What came in any slicing, as lines without their ends."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of the longest line."""
        self._most = most
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in these bytes.

        Raises:
            DecodeError: one is too long, whether its end has come or not; nothing behind it can be read.

        """
        if b"\n" not in data:
            self._rest += data
            self._check(len(self._rest))
            return []
        *lines, rest = (bytes(self._rest) + data).split(b"\n")
        self._rest = bytearray(rest)
        self._check(max(map(len, (*lines, rest))))
        return lines

    def _check(self, length: int) -> None:
        if length > self._most:
            raise DecodeError("line", length, f"bytes are over {self._most}")
