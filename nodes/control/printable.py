"""Text from others as a terminal may have it."""

from __future__ import annotations

__all__ = ["printable", "printable_lines"]


class _QuestionMarks:
    """The table of `str.translate`, which asks it once for each ASCII character of a text, and keeps the answer."""

    def __getitem__(self, code: int) -> str:
        if chr(code).isprintable():
            raise LookupError  # it stays as it is
        return "?"


_QUESTION_MARKS = _QuestionMarks()


def printable(text: str) -> str:
    """Without what a terminal would obey (ECMA-48 calls them control functions): a question mark for each of those."""
    return text if text.isprintable() else text.translate(_QUESTION_MARKS)


def printable_lines(text: str) -> str:
    """The same of a text of several lines; a tab leads to the next eighth column."""
    return "\n".join(printable(line.expandtabs()) for line in text.split("\n"))
