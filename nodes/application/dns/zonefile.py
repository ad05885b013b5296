"""Master files (RFC 1035 section 5, with $TTL of RFC 2308 section 4): text → records, each with its line.

$ORIGIN cs.uiuc.edu.
$TTL 300                                  ; seconds, or 5m, 1h, 1d, 1w
@        IN SOA dns hostmaster ( 1 3600
                                 900 604800 60 )
         IN NS  dns
dragon   IN A   192.31.65.5
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    TTL_LIMIT,
    A,
    Aaaa,
    Cname,
    Data,
    Mx,
    Ns,
    Ptr,
    Record,
    Soa,
    Txt,
    Type,
)

__all__ = ["Line", "ZoneFileError", "parse_zone_file"]


class ZoneFileError(ValueError):
    """A zone file is wrong: the user's mistake. `str()` is `file:line: message`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class Line(NamedTuple):
    """A record and the number of the line on which it begins."""

    number: int
    record: Record


class _Token(NamedTuple):
    text: str
    quoted: bool = False


class _Entry(NamedTuple):
    """One entry: a line, or several that parentheses join. `indented` says that it begins with a blank."""

    number: int
    indented: bool
    tokens: list[_Token]


def parse_zone_file(text: str, origin: Name, file: str) -> list[Line]:
    """The records of a master file, in its order. `file` is for messages.

    Raises:
        ZoneFileError: the first thing that is wrong, with its line.

    """
    reader = _Reader(origin)
    lines: list[Line] = []
    number = 1
    try:
        for entry in _entries(text):
            number = entry.number
            record = reader.read(entry)
            if record is not None:
                lines.append(Line(number, record))
    except _LexError as error:
        raise ZoneFileError(file, error.number, str(error)) from None
    except ValueError as error:
        raise ZoneFileError(file, number, str(error)) from None
    return lines


class _LexError(ValueError):
    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


_LEXEME = re.compile(
    r"""(?P<blank>[ \t\r\f\v\ufeff]+)
    |(?P<comment>;[^\n]*)
    |(?P<newline>\n)
    |(?P<open>\()
    |(?P<close>\))
    |"(?P<quoted>(?:[^"\\\n]|\\[^\n])*)"
    |(?P<word>(?:[^ \t\r\f\v\n;()"\\]|\\[^\n])+)""",
    re.VERBOSE,
)


def _entries(text: str) -> Iterator[_Entry]:
    """Joins lexemes to entries: "parentheses are used to group data that crosses a line boundary"."""
    number, start, at = 1, 1, 0
    depth, opened = 0, 1
    indented = False
    tokens: list[_Token] = []
    while at < len(text):
        match = _LEXEME.match(text, at)
        if match is None:
            raise _LexError(number, f"{text[at : at + 20].splitlines()[0]!r}: a quote or an escape does not end")
        if not tokens and match.lastgroup == "blank" and _at_line_start(text, at) and not depth:
            indented = True
        at = match.end()
        match match.lastgroup:
            case "open":
                depth, opened = depth + 1, number
            case "close":
                depth -= 1
                if depth < 0:
                    raise _LexError(number, "')' without '('")
            case "word" | "quoted" as kind:
                start = start if tokens else number
                tokens.append(_Token(match[kind], kind == "quoted"))
            case "newline":
                number += 1
                if not depth:
                    if tokens:
                        yield _Entry(start, indented, tokens)
                    indented, tokens = False, []
    if depth:
        raise _LexError(opened, "'(' is never closed")
    if tokens:
        yield _Entry(start, indented, tokens)


def _at_line_start(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


class _Reader:
    """Turns entries into records; it remembers what an entry may leave out."""

    def __init__(self, origin: Name) -> None:
        self._origin = origin
        self._owner: Name | None = None
        self._default_ttl: int | None = None
        self._last_ttl: int | None = None

    def read(self, entry: _Entry) -> Record | None:
        tokens = list(entry.tokens)
        if not entry.indented and tokens[0].text.startswith("$") and not tokens[0].quoted:
            self._directive(tokens[0].text, tokens[1:])
            return None
        if not entry.indented:
            self._owner = self._name(tokens.pop(0))
        if self._owner is None:
            raise ValueError("the first record has no owner (a line that begins with a blank takes the one above)")
        ttl = self._ttl_and_class(tokens)
        if not tokens:
            raise ValueError(f"{self._owner} has no type")
        kind = tokens.pop(0).text.upper()
        read = _TYPES.get(kind)
        if read is None:
            raise ValueError(f"type {kind!r} is not one of {', '.join(_TYPES)}")
        data = read(self, _Fields(kind, tokens))
        if ttl is None:
            ttl = self._omitted_ttl()
        self._last_ttl = ttl
        return Record(self._owner, Type[kind], ttl, data)

    def _directive(self, word: str, tokens: list[_Token]) -> None:
        fields = _Fields(word, tokens)
        match word.upper():
            case "$ORIGIN":
                self._origin = self._name(fields.take("domain name"))
            case "$TTL":
                self._default_ttl = _time(fields.take("TTL").text)
            case _:
                raise ValueError(f"{word} is not one of $ORIGIN, $TTL")
        fields.end()

    def _ttl_and_class(self, tokens: list[_Token]) -> int | None:
        """`[<TTL>] [<class>]` or `[<class>] [<TTL>]`, each at most once (RFC 1035 section 5.1)."""
        ttl: int | None = None
        seen_class = False
        while tokens:
            text = tokens[0].text.upper()
            if text in ("CH", "HS", "CS"):
                raise ValueError(f"class {text} is not served, only IN")
            if text == "IN" and not seen_class:
                seen_class = True
            elif ttl is None and text[:1].isdigit():
                ttl = _time(text)
            else:
                break
            tokens.pop(0)
        return ttl

    def _omitted_ttl(self) -> int:
        """$TTL (RFC 2308 section 4); without it "the last explicitly stated value" (RFC 1035 section 5.1)."""
        ttl = self._last_ttl if self._default_ttl is None else self._default_ttl
        if ttl is None:
            raise ValueError(f"{self._owner} has no TTL; put a line like `$TTL 300` first")
        return ttl

    def _name(self, token: _Token) -> Name:
        # "A free standing @ is used to denote the current origin"; a name is relative unless it ends in a dot.
        if token.text == "@" and not token.quoted:
            return self._origin
        return Name.parse(token.text, self._origin)

    def a(self, fields: _Fields) -> A:
        return A(Address.parse(fields.only("address")))

    def aaaa(self, fields: _Fields) -> Aaaa:
        from ipaddress import IPv6Address

        return Aaaa(IPv6Address(fields.only("IPv6 address")).packed)

    def ns(self, fields: _Fields) -> Ns:
        return Ns(self._only_name(fields))

    def cname(self, fields: _Fields) -> Cname:
        return Cname(self._only_name(fields))

    def ptr(self, fields: _Fields) -> Ptr:
        return Ptr(self._only_name(fields))

    def mx(self, fields: _Fields) -> Mx:
        preference = _number(fields.take("preference").text, 0xFFFF)
        return Mx(preference, self._only_name(fields))

    def txt(self, fields: _Fields) -> Txt:
        strings = [_string(fields.take("text").text)]
        while fields.left:
            strings.append(_string(fields.take("text").text))
        return Txt(tuple(strings))

    def soa(self, fields: _Fields) -> Soa:
        primary, mailbox = self._name(fields.take("primary server")), self._name(fields.take("mailbox"))
        serial = _number(fields.take("serial").text, 0xFFFFFFFF)
        times = [_time(fields.take(word).text) for word in ("refresh", "retry", "expire", "minimum")]
        fields.end()
        return Soa(primary, mailbox, serial, *times)

    def _only_name(self, fields: _Fields) -> Name:
        name = self._name(fields.take("domain name"))
        fields.end()
        return name


class _Fields:
    """The fields of one entry, taken one by one."""

    def __init__(self, kind: str, tokens: list[_Token]) -> None:
        self._kind = kind
        self.left = tokens

    def take(self, what: str) -> _Token:
        if not self.left:
            raise ValueError(f"{self._kind} lacks its {what}")
        return self.left.pop(0)

    def only(self, what: str) -> str:
        token = self.take(what)
        self.end()
        return token.text

    def end(self) -> None:
        if self.left:
            raise ValueError(f"{self._kind}: {self.left[0].text!r} is too much (for a comment write ';')")


_TYPES: dict[str, Callable[[_Reader, _Fields], Data]] = {
    "A": _Reader.a,
    "NS": _Reader.ns,
    "SOA": _Reader.soa,
    "CNAME": _Reader.cname,
    "MX": _Reader.mx,
    "TXT": _Reader.txt,
    "PTR": _Reader.ptr,
    "AAAA": _Reader.aaaa,
}

_TIME = re.compile(r"\d{1,10}|(?:\d{1,10}[smhdw])+", re.ASCII | re.IGNORECASE)
_PART = re.compile(r"(\d+)([smhdw]?)", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ESCAPE = re.compile(rb"\\(\d{3})|\\(.)", re.DOTALL)


def _time(text: str) -> int:
    """`300`, `5m`, `1h30m` → seconds."""
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no time: write seconds, or a number with s, m, h, d or w")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text.lower()))
    if seconds > TTL_LIMIT:
        raise ValueError(f"{text!r} is over {TTL_LIMIT} seconds")
    return seconds


def _number(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit):
        raise ValueError(f"{text!r} is no number from 0 to {limit}")
    return int(text)


def _string(text: str) -> bytes:
    r"""A <character-string>: `\;` and `\059` are a semicolon."""
    data = _ESCAPE.sub(_unescape, text.encode())
    if len(data) > 255:
        raise ValueError(f"{text[:20]!r}… has {len(data)} octets, over the 255 of one string; write several")
    return data


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1] is None:
        return match[2]
    if int(match[1]) > 255:
        raise ValueError(f"the escape \\{match[1].decode()} is over 255")
    return bytes([int(match[1])])
