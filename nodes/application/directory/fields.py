"""What a field of a message may be: readers, each of which takes a field's name and what came in it, and gives the
value, or raises DecodeError."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.machine import DecodeError, Endpoint

__all__ = ["Reader", "flag", "matching", "number", "octets", "one_of", "parse_endpoint", "secret", "shown", "text"]

Reader = Callable[[str, object], Any]
"""The name of a field and what came in it → the value. Raises DecodeError."""


def text(most: int) -> Reader:
    """A text of so many bytes at most, in UTF-8."""

    def read(field: str, value: object) -> str:
        if not isinstance(value, str):
            raise DecodeError(field, shown(value), "is no text")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise DecodeError(field, shown(value), "is no UTF-8") from None
        if size > most:
            raise DecodeError(field, size, f"bytes are over {most}")
        return value

    return read


def matching(form: re.Pattern[str]) -> Reader:
    """A text of that form."""

    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or form.fullmatch(value) is None:
            raise DecodeError(field, shown(value), f"is not {form.pattern}")
        return value

    return read


def one_of(*words: str) -> Reader:
    """One of these."""

    def read(field: str, value: object) -> str:
        if value not in words or not isinstance(value, str):
            raise DecodeError(field, shown(value), f"is none of {', '.join(words)}")
        return value

    return read


def secret(form: Callable[[str], bool]) -> Reader:
    """A text that is in no message, for which `form` holds."""

    def read(field: str, value: object) -> str:
        if not isinstance(value, str) or not form(value):
            raise DecodeError(field, "(hidden)", "has not the form of one")
        return value

    return read


def number(most: int, least: int = 0) -> Reader:
    """A whole one."""

    def read(field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise DecodeError(field, shown(value), f"is no number from {least} to {most}")
        return value

    return read


def flag(field: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise DecodeError(field, shown(value), "is neither true nor false")
    return value


def octets(*sizes: int) -> Reader:
    """So many (one of these), in base64 (RFC 4648 section 4)."""

    def read(field: str, value: object) -> bytes:
        try:
            octets = b64decode(value, validate=True) if isinstance(value, str) and value.isascii() else None
        except Base64Error:
            octets = None
        if octets is None or len(octets) not in sizes or b64encode(octets).decode() != value:
            raise DecodeError(field, shown(value), f"is not base64 of {' or '.join(map(str, sizes))} octets")
        return octets

    return read


def parse_endpoint(field: str, value: object) -> Endpoint:
    """ADDRESS:PORT, written in the only way.

    Raises:
        DecodeError: it is none; `field` is its name.

    """
    if isinstance(value, str) and len(value) <= len("255.255.255.255:65535"):
        address, _, port = value.partition(":")
        try:
            found = Endpoint(Address.parse(address), int(port))
        except ValueError:
            found = None
        if found is not None and str(found) == value and 0 < found.port <= 65_535:
            return found
    raise DecodeError(field, shown(value), "is no ADDRESS:PORT")


def shown(value: object) -> object:
    """Of something long only the begin."""
    return value if isinstance(value, bool | int | float | None) else str(value)[:80]
