"""Field lines (RFC 9112 section 5), and the structures in which their values are written (RFC 9110 section 5.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from catenet.nodes.machine import DecodeError

__all__ = [
    "FIELD_LIMIT",
    "HEAD_END",
    "HEAD_LIMIT",
    "TCHAR",
    "EntityTag",
    "IncompleteError",
    "LocalError",
    "MessageError",
    "by_name",
    "decimal",
    "entity_tags",
    "field_lines",
    "members",
    "with_parameters",
]

HEAD_LIMIT = 16_384
"""The longest head, in bytes, without its first line; and the longest trailer section, and the most framing of chunks
beyond their sizes: over it 431."""
FIELD_LIMIT = 100
"""The most field lines of one head, or of one trailer section: over it 431."""

HEAD_END = re.compile(rb"\n\r?\n")
"""Where a head ends: at an empty line."""
TCHAR = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
"""RFC 9110 section 5.6.2: the characters of a token, as a pattern."""
_FIELD_NAME = re.compile(f"{TCHAR}+")
_NOT_IN_VALUE = re.compile(r"[^\t -~\x80-\xff]")

_QUOTED = r'"(?:[^"\\]|\\(?:.|\Z))*(?:"|\Z)'  # RFC 9110 section 5.6.4; one without an end goes on to the end
_MEMBER = re.compile(rf'(?:[^",]|{_QUOTED})+', re.DOTALL)
_PART = re.compile(rf'(?:[^";]|{_QUOTED})+', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ENTITY_TAG = re.compile(r'[ \t]*(?:(W/)?("[!#-~\x80-\xff]*")[ \t]*)?(?:,|\Z)')  # section 8.8.3

EntityTag = tuple[bool, str]
"""An entity tag: whether it is weak, and its opaque part with the quotation marks."""


class MessageError(DecodeError):
    """A message that breaks the protocol or a limit.

    `status` is what a server answers it with, `why` is one of a fixed set of texts.
    """

    def __init__(self, status: int, field: str, value: object, why: str) -> None:
        super().__init__(field, value, why)
        self.status = status
        self.why = why


class IncompleteError(MessageError):
    """The peer's connection ended within a message (RFC 9112 section 8)."""


class LocalError(Exception):
    """Our own side would have broken the protocol: the fault of the program that asked for it. Nothing was sent."""


def field_lines(lines: Iterable[str]) -> list[tuple[str, str]]:
    """The lines of a head behind the first one (or of a trailer section), without CRLF → names and values, as sent.

    Raises:
        MessageError: a line is no field line (400), or there are more than FIELD_LIMIT of them (431).

    """
    fields: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        # RFC 9112 section 5.1: "A server MUST reject, with a response status code of 400 (Bad Request), any received
        # request message that contains whitespace between a header field name and colon." A folded line (section 5.2)
        # begins with whitespace and ends here too.
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise MessageError(400, "field name", name[:80], "not a token followed by a colon")
        if _NOT_IN_VALUE.search(value):
            raise MessageError(400, "field value", value[:80], "a control character in it")
        fields.append((name, value.strip(" \t")))
    if len(fields) > FIELD_LIMIT:
        raise MessageError(431, "fields", len(fields), f"over {FIELD_LIMIT} field lines")
    return fields


def by_name(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Field values by name in lower case; those of one name are joined by commas (RFC 9110 section 5.3)."""
    joined: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def members(value: str) -> list[str]:
    """The members of a list; a comma between quotation marks parts nothing.

    Section 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements".
    """
    return [member for each in _MEMBER.findall(value) if (member := each.strip(" \t"))]


def with_parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """A value and its parameters by name in lower case (section 5.6.6), like `text/html; charset="utf-8"`.

    What is no parameter is left out; of two with one name the first counts.
    """
    whole, *parts = [part.strip(" \t") for part in _PART.findall(value)] or [""]
    parameters: dict[str, str] = {}
    for part in parts:
        name, equals, given = part.partition("=")
        if equals and _FIELD_NAME.fullmatch(name):
            parameters.setdefault(name.lower(), _unquoted(given))
    return whole, parameters


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:].removesuffix('"')) if value.startswith('"') else value


def entity_tags(value: str) -> list[EntityTag]:
    """The tags of a list (section 8.8.3). A list that is malformed names none."""
    tags: list[EntityTag] = []
    at = 0
    while at < len(value):
        match = _ENTITY_TAG.match(value, at)
        if match is None:
            return []
        if match[2]:
            tags.append((match[1] is not None, match[2]))
        at = match.end()
    return tags


def decimal(digits: str, limit: int) -> int | None:
    """Decimal digits, as many as there may be → the number, or `limit` + 1 where it is larger; None for all else."""
    if not (digits.isascii() and digits.isdigit()):
        return None
    digits = digits.lstrip("0") or "0"  # what counts is the value: 1*DIGIT may have any number of zeros before it
    return limit + 1 if len(digits) > len(str(limit)) else min(int(digits), limit + 1)
