"""Text from others as a terminal may have it."""

from __future__ import annotations

__all__ = ["printable", "printable_lines"]


def printable(text: str) -> str:
    """Without what a terminal would obey (ECMA-48 calls them control functions): a question mark for each of those."""
    return "".join(character if character.isprintable() else "?" for character in text)


def printable_lines(text: str) -> str:
    """The same of a text of several lines; a tab leads to the next eighth column."""
    return "\n".join(printable(line.expandtabs()) for line in text.split("\n"))
