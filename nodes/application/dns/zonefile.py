r"""Master files (RFC 1035 section 5, RFC 3597 section 5, $TTL of RFC 2308 section 4): text → records with their lines.

$ORIGIN cs.uiuc.edu.
$TTL 300                                  ; seconds, or 5m, 1h, 1d, 1w
@        IN SOA dns hostmaster ( 1 3600
                                 900 604800 60 )
         IN NS  dns
dragon   IN A   192.31.65.5
sal      IN TYPE65280 \# 4 0a000001       ; a type without a name here
$INCLUDE hosts.inc ee.uiuc.edu.           ; a file beside this one, and the origin of its names
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

from catenet.nodes.application.dns.entries import Entry, LexError, read_entries
from catenet.nodes.application.dns.fields import Token, Words
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.records import (
    DATA,
    Class,
    Data,
    Opaque,
    Record,
    is_data_type,
    type_number,
    type_text,
)
from catenet.nodes.application.dns.text import read_octets, read_time

__all__ = ["LocatedRecord", "ReadFile", "ZoneFileError", "parse_zone_file"]

DATA_LIMIT = 0xFFFF
"""Octets of one record's data: RDLENGTH has 16 bits (RFC 1035 section 3.2.1)."""

_DEPTH = 8
"""Files that include one another, one below the other."""
_INCLUDES = 100
"""Files that are included in one zone."""

_BYTE_ORDER_MARK = "\ufeff"
_UTF_16 = ("\udcff\udcfe", "\udcfe\udcff")

ReadFile = Callable[[str], bytes]
"""A path in the lab's folder → what the file says; OSError where it cannot be read."""


class ZoneFileError(ValueError):
    """A zone file is wrong: the user's mistake. `str()` is `file:line: message`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


class LocatedRecord(NamedTuple):
    """A record, and the file and the number of the line on which it begins."""

    file: str
    number: int
    record: Record


def parse_zone_file(text: str, origin: Name, file: str, read_file: ReadFile | None = None) -> list[LocatedRecord]:
    """The records of a master file, in its order.

    `file` is its path in the lab's folder: for messages, and because what it includes is looked for beside it.
    `read_file` reads that; without it, nothing can be included. In `text`, octets that are no UTF-8 are as
    `surrogateescape` has them.

    Raises:
        ZoneFileError: the first thing that is wrong, with its line.

    """
    reader = _Reader(origin, read_file)
    reader.read(text, file)
    return reader.lines


class _Reader:
    """Turns entries into records; it remembers what an entry may leave out."""

    def __init__(self, origin: Name, read_file: ReadFile | None) -> None:
        self.lines: list[LocatedRecord] = []
        self._origin = origin
        self._read_file = read_file
        self._files: list[str] = []  # those being read; each includes the next
        self._included = 0
        self._owner: Name | None = None
        self._default_ttl: int | None = None
        self._last_ttl: int | None = None

    def read(self, text: str, file: str) -> None:
        number = 1
        self._files.append(file)
        try:
            if text.startswith(_UTF_16):
                raise ValueError("it is UTF-16; save it as UTF-8")
            for entry in read_entries(text.removeprefix(_BYTE_ORDER_MARK)):
                number = entry.number
                self._read_entry(entry)
        except ZoneFileError:  # of a file that this one includes
            raise
        except LexError as error:
            raise ZoneFileError(file, error.number, str(error)) from None
        except ValueError as error:
            raise ZoneFileError(file, number, str(error)) from None
        self._files.pop()

    def _read_entry(self, entry: Entry) -> None:
        tokens = list(entry.tokens)
        if not entry.indented and tokens[0].text.startswith("$") and not tokens[0].quoted:
            self._directive(tokens[0].text.upper(), Words(tokens[0].text, tokens[1:], self._origin))
            return
        if not entry.indented:
            self._owner = Words("the owner", [tokens.pop(0)], self._origin).take_name("name")
        if self._owner is None:
            raise ValueError("the first record has no owner (a line that begins with a blank takes the one above)")
        self.lines.append(LocatedRecord(self._files[-1], entry.number, self._record(self._owner, tokens)))

    def _record(self, owner: Name, tokens: list[Token]) -> Record:
        ttl = _take_ttl_and_class(tokens)
        if not tokens:
            raise ValueError(f"{owner} has no type")
        kind = _type(tokens.pop(0).text)
        data = _read_data(kind, Words(type_text(kind), tokens, self._origin))
        if data.size > DATA_LIMIT:
            raise ValueError(f"{type_text(kind)}: {data.size} octets of data, over the {DATA_LIMIT} of one record")
        self._last_ttl = self._omitted_ttl(owner) if ttl is None else ttl
        return Record(owner, kind, self._last_ttl, data)

    def _omitted_ttl(self, owner: Name) -> int:
        """$TTL (RFC 2308 section 4); without it "the last explicitly stated value" (RFC 1035 section 5.1)."""
        ttl = self._last_ttl if self._default_ttl is None else self._default_ttl
        if ttl is None:
            raise ValueError(f"{owner} has no TTL; put a line like `$TTL 300` first")
        return ttl

    def _directive(self, word: str, words: Words) -> None:
        match word:
            case "$ORIGIN":
                self._origin = words.take_name("domain name")
                words.end()
            case "$TTL":
                self._default_ttl = read_time(words.take("TTL"))
                words.end()
            case "$INCLUDE":
                self._include(words)
            case _:
                raise ValueError(f"{word} is not one of $ORIGIN, $TTL, $INCLUDE")

    def _include(self, words: Words) -> None:
        """`$INCLUDE <file-name> [<domain-name>]` "never changes the relative origin of the parent file" (RFC 1035
        section 5.1); nor, here and in BIND, the owner that an indented line takes."""
        name = read_octets(words.take("file name")).decode("utf-8", "surrogateescape")
        origin = words.take_name("domain name") if words.left else self._origin
        words.end()
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self._files[-1]), name))
        if path.startswith(("/", "../")):
            raise ValueError(f"$INCLUDE {name!r} leads out of the lab's folder")
        if path in self._files:
            raise ValueError(f"$INCLUDE {name!r}: that file includes this one")
        self._included += 1
        if len(self._files) > _DEPTH or self._included > _INCLUDES:
            raise ValueError(f"$INCLUDE {name!r}: more than {_DEPTH} files deep, or {_INCLUDES} in all")
        before = self._origin, self._owner
        text = self._text_of(path)
        self._origin = origin
        self.read(text, path)
        self._origin, self._owner = before

    def _text_of(self, path: str) -> str:
        if self._read_file is None:
            raise ValueError(f"$INCLUDE {path!r}: no other file can be read here")
        try:
            return self._read_file(path).decode("utf-8", "surrogateescape")
        except OSError as error:
            raise ValueError(f"$INCLUDE {path!r} cannot be read: {error.strerror or error}") from None


def _take_ttl_and_class(tokens: list[Token]) -> int | None:
    """`[<TTL>] [<class>]` or `[<class>] [<TTL>]`, each at most once (RFC 1035 section 5.1)."""
    ttl: int | None = None
    seen_class = False
    while tokens:
        text = tokens[0].text.upper()
        if not seen_class and _is_class(text):
            seen_class = True
        elif ttl is None and text[:1].isdigit():
            ttl = read_time(text)
        else:
            break
        tokens.pop(0)
    return ttl


def _is_class(text: str) -> bool:
    """Whether it is the class IN (CLASS1: RFC 3597 section 5)."""
    number = text.removeprefix("CLASS")
    if text == "IN" or (
        number != text and number.isascii() and number.isdigit() and number.lstrip("0") == str(Class.IN.value)
    ):
        return True
    if text in ("CH", "HS", "CS") or (number != text and number.isdigit()):
        raise ValueError(f"class {text} is not served, only IN")
    return False


def _type(word: str) -> int:
    number = type_number(word)
    if number is None:
        known = ", ".join(type_text(number) for number in DATA)
        raise ValueError(rf"type {word.upper()!r} is not one of {known} (another is written TYPE65280 \# 4 0a000001)")
    if not is_data_type(number):
        raise ValueError(f"type {type_text(number)} has no records: it is for messages alone (RFC 6895 section 3.1)")
    return number


def _read_data(kind: int, words: Words) -> Data:
    """In the type's own form, or in that of any type (RFC 3597 section 5)."""
    form = DATA.get(kind)
    if form is None and not words.generic:
        raise ValueError(rf"{type_text(kind)}: data of this type are written as \# LENGTH HEX (RFC 3597)")
    data = (Opaque if form is None or words.generic else form).read_text(words)
    if form is None or not isinstance(data, Opaque):
        return data
    from catenet.nodes.application.dns.codec import data_of  # it loads dnslib, which few zone files need

    return data_of(kind, data.data)
