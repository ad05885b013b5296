"""URIs: taken apart, put together, and relative references resolved (RFC 3986)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

from catenet.nodes.application.http.fields import decimal
from catenet.nodes.machine import DecodeError

__all__ = ["Authority", "Uri", "escape", "remove_dot_segments"]

# Appendix B, but for the scheme, which is taken for one only where section 3.1 allows it.
_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")
# The grammar of a host (section 3.2.2) also allows sub-delims ("a,b"), which no name in DNS has: refused, since readers
# differ on them.
_NAME = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+")
_PORT_LIMIT = 65_535
_NOT_IN_PATH = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")


class Uri(NamedTuple):
    """A URI, or a reference: its five components (section 3). None: the component is not there; "": it is empty."""

    scheme: str | None
    authority: str | None
    path: str
    query: str | None = None
    fragment: str | None = None

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Any text → its components; whether they are what section 3 allows in them is not looked at."""
        match = _PARTS.fullmatch(text)
        assert match is not None  # the pattern takes every text
        return cls(*match.groups())

    def __str__(self) -> str:
        """Section 5.3."""
        parts = (
            "" if self.scheme is None else f"{self.scheme}:",
            "" if self.authority is None else f"//{self.authority}",
            self.path,
            "" if self.query is None else f"?{self.query}",
            "" if self.fragment is None else f"#{self.fragment}",
        )
        return "".join(parts)

    def resolve(self, reference: str) -> Uri:
        """What a reference means where this is the base, which has an authority (section 5.2.2).

        Not strict: a reference with the base's own scheme and no authority is a relative one, as in every browser.
        """
        scheme, authority, path, query, fragment = Uri.parse(reference)
        if scheme is not None and (authority is not None or scheme.lower() != self.scheme):
            return Uri(scheme, authority, remove_dot_segments(path), query, fragment)
        if authority is not None:
            return Uri(self.scheme, authority, remove_dot_segments(path), query, fragment)
        if not path:
            return Uri(self.scheme, self.authority, self.path, self.query if query is None else query, fragment)
        if not path.startswith("/"):
            path = f"{self.path.rpartition('/')[0]}/{path}"  # section 5.2.3
        return Uri(self.scheme, self.authority, remove_dot_segments(path), query, fragment)


def remove_dot_segments(path: str) -> str:
    """Section 5.2.4, for a path that is empty or begins with a slash; any other stays as it is."""
    if not path.startswith("/"):
        return path
    kept: list[str] = []
    for segment in path[1:].split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    folder = segment in (".", "..")
    return f"/{'/'.join([*kept, ''] if folder else kept)}"


class Authority(NamedTuple):
    """Who is asked (section 3.2). The host is in lower case, an IPv6 address with its brackets."""

    userinfo: str | None
    host: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Authority:
        """The authority of an http URI.

        Raises:
            DecodeError: it has no host, or none that can be; or a port beyond 65535.

        """
        match = _AUTHORITY.fullmatch(text)
        if match is None or not _is_host(match[2]):
            raise DecodeError("host", text, "not one host, with or without a port")
        port = decimal(match[3], _PORT_LIMIT) if match[3] else None
        if port is not None and port > _PORT_LIMIT:
            raise DecodeError("port", match[3], f"over {_PORT_LIMIT}")
        return cls(match[1], match[2].lower(), port)

    @classmethod
    def written(cls, text: str) -> Authority:
        """As people and pages write it: a name may have letters of any script (RFC 3490).

        Raises:
            DecodeError: as of `parse`, or no name in DNS is like the host.

        """
        try:
            return cls.parse(text.encode("idna").decode())
        except UnicodeError:
            raise DecodeError("host", text, "no name in DNS is like it") from None


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return _NAME.fullmatch(host) is not None
    try:
        return IPv6Address(host[1:-1]).scope_id is None
    except AddressValueError:
        return False


def escape(text: str) -> str:
    """A path or a query as people and pages write it → one that a request may carry (section 2.1).

    Bytes that were no UTF-8 (Python's surrogateescape) become themselves.
    """
    return _NOT_IN_PATH.sub(lambda match: _percent(match[0]), text)


def _percent(characters: str) -> str:
    return "%" + characters.encode("utf-8", "surrogateescape").hex("%").upper()
