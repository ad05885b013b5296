"""Text from others as a terminal may have it."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """Without what a terminal would obey (ECMA-48 calls them control functions): a question mark for each of those."""
    return "".join(character if character.isprintable() else "?" for character in text)
