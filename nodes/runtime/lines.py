"""A stream of bytes → lines of text, whatever is in it."""

from __future__ import annotations

__all__ = ["LINE_LIMIT", "LineSplitter"]

LINE_LIMIT = 8192
"""The longest line, in bytes; the rest of a longer one is left out."""


class LineSplitter:
    """Bytes in any slicing → lines of text, none of them longer than LINE_LIMIT."""

    def __init__(self) -> None:
        self._partial = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[str]:
        """The lines that end in these bytes; one that grows too long is given at once, cut."""
        *whole, rest = (self._partial + data).split(b"\n")
        lines = []
        for line in whole:
            if not self._skipping:
                lines.append(_text(line))
            self._skipping = False
        if len(rest) > LINE_LIMIT:
            if not self._skipping:
                lines.append(_text(rest))
            rest, self._skipping = b"", True
        self._partial = b"" if self._skipping else rest
        return lines

    def end(self) -> list[str]:
        """The last line, where it has no end."""
        rest, self._partial = self._partial, b""
        return [_text(rest)] if rest else []


def _text(line: bytes) -> str:
    return line[:LINE_LIMIT].decode(errors="replace").rstrip("\r") + ("…" if len(line) > LINE_LIMIT else "")
