r"""Octets and numbers as text, as master files have them (RFC 1035 section 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catenet.nodes.application.dns.types import TTL_LIMIT

__all__ = ["octet_text", "octets", "quoted", "read_number", "read_octets", "read_time"]

_TOKEN = re.compile(rb"\\(?P<decimal>\d{3})|\\(?P<escaped>\D)|(?P<plain>[^\\]+)", re.DOTALL | re.ASCII)
_TIME = re.compile(r"\d{1,10}|(?:\d{1,10}[smhdw])+", re.ASCII | re.IGNORECASE)
_PART = re.compile(r"(\d+)([smhdw]?)", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def octets(text: str) -> Iterator[tuple[bytes, bool]]:
    r"""The octets that a text stands for, piece by piece, and whether each piece was escaped.

    `\X` quotes X, which is any character other than a digit; `\DDD` is the octet of that decimal number. Octets that
    are no UTF-8 are passed on as they are.

    Raises:
        ValueError: a backslash with neither behind it.

    """
    data = text.encode("utf-8", "surrogateescape")
    end = 0
    for match in _TOKEN.finditer(data):
        if match.start() != end:
            break
        end = match.end()
        if match["decimal"] is None:
            yield match["escaped"] or match["plain"], match["plain"] is None
        elif int(match["decimal"]) > 255:
            raise ValueError(f"{text!r} has the escape \\{match['decimal'].decode()}, over 255")
        else:
            yield bytes([int(match["decimal"])]), True
    if end + 1 == len(data):
        raise ValueError(f"{text!r} ends in a backslash")
    if end != len(data):
        raise ValueError(f"{text!r} has a backslash before a digit: an octet is written with three, like \\046")


def read_octets(text: str) -> bytes:
    r"""`a\;b` and `a\059b` → the octets of `a;b`.

    Raises:
        ValueError: a wrong escape.

    """
    return b"".join(piece for piece, _ in octets(text))


def quoted(data: bytes) -> str:
    r"""Octets → a quoted string that reads as the same octets: `"say \"hi\"\010"`."""
    return f'"{"".join(octet_text(octet, _QUOTED) for octet in data)}"'


def octet_text(octet: int, special: frozenset[int]) -> str:
    r"""One octet as text: itself, `\X` where it is special, `\DDD` where it is no printable ASCII character."""
    if not 0x20 <= octet < 0x7F:
        return f"\\{octet:03d}"
    return f"\\{chr(octet)}" if octet in special else chr(octet)


_QUOTED = frozenset(b'"\\')


def read_number(text: str, limit: int) -> int:
    """A decimal number from 0 to `limit`.

    Raises:
        ValueError: it is none.

    """
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit):
        raise ValueError(f"{text!r} is no number from 0 to {limit}")
    return int(text)


def read_time(text: str, limit: int = TTL_LIMIT) -> int:
    """`300`, `5m`, `1h30m` → seconds.

    Raises:
        ValueError: it is no time, or one over the limit.

    """
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no time: write seconds, or a number with s, m, h, d or w")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text.lower()))
    if seconds > limit:
        raise ValueError(f"{text!r} is over {limit} seconds")
    return seconds
