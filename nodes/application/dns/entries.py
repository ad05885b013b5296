"""Master files, the lowest level: text → entries of words (RFC 1035 section 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from catenet.nodes.application.dns.fields import Token

__all__ = ["Entry", "LexError", "read_entries"]


class Entry(NamedTuple):
    """One entry: a line, or several that parentheses join. `indented` says that it begins with a blank."""

    number: int
    indented: bool
    tokens: list[Token]


class LexError(ValueError):
    """The text has no entries from that line on."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


_LEXEME = re.compile(
    r"""(?P<blank>[ \t\r\f\v]+)
    |(?P<comment>;[^\n]*)
    |(?P<newline>\n)
    |(?P<open>\()
    |(?P<close>\))
    |"(?P<quoted>(?:[^"\\\n]|\\[^\n])*)"
    |(?P<word>(?:[^ \t\r\f\v\n;()"\\]|\\[^\n])+)""",
    re.VERBOSE,
)


def read_entries(text: str) -> Iterator[Entry]:
    """Joins lexemes to entries: "parentheses are used to group data that crosses a line boundary".

    Raises:
        LexError: a quote, an escape or a parenthesis that does not end.

    """
    number, start, at = 1, 1, 0
    depth, opened = 0, 1
    indented = False
    tokens: list[Token] = []
    while at < len(text):
        match = _LEXEME.match(text, at)
        if match is None:
            raise LexError(number, f"{text[at : at + 20].splitlines()[0]!r}: a quote or an escape does not end")
        if not tokens and match.lastgroup == "blank" and _at_line_start(text, at) and not depth:
            indented = True
        at = match.end()
        match match.lastgroup:
            case "open":
                depth, opened = depth + 1, number
            case "close":
                depth -= 1
                if depth < 0:
                    raise LexError(number, "')' without '('")
            case "word" | "quoted" as kind:
                start = start if tokens else number
                tokens.append(Token(match[kind], kind == "quoted"))
            case "newline":
                number += 1
                if not depth:
                    if tokens:
                        yield Entry(start, indented, tokens)
                    indented, tokens = False, []
    if depth:
        raise LexError(opened, "'(' is never closed")
    if tokens:
        yield Entry(start, indented, tokens)


def _at_line_start(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"
