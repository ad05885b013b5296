"""Answers: their status lines, field sections and small pages, as bytes that are prepared once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Protocol

from catenet import __version__
from catenet.nodes.application.http.date import format_date, parse_date
from catenet.nodes.application.http.fields import entity_tags
from catenet.nodes.application.http.message import Fields

__all__ = ["ALLOWED", "REASONS", "Absence", "DatedFields", "Page", "Site", "precondition", "status_line", "status_page"]

ALLOWED = ("GET", "HEAD")
"""The methods of a static site."""

REASONS: Mapping[int, str] = {
    100: "Continue",
    200: "OK",
    301: "Moved Permanently",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}
"""RFC 9110 section 15 and RFC 6585 section 5: the statuses that are sent here; any other goes without a reason."""


@dataclass(frozen=True, slots=True)
class Page:
    """One representation, ready to be sent.

    `tail` is everything behind the dated fields for a 200: the page's own fields, the empty line and the content. A
    long content is not in it but is fetched in pieces: `read(offset, length)` gives at most so many bytes, and fewer
    than one only when the file is not what it was.
    """

    media_type: str
    size: int  # bytes of content
    modified: int  # seconds since 1970
    etag: str
    fields: bytes
    tail: bytes
    read: Callable[[int, int], bytes] | None = None

    @classmethod
    def of(
        cls,
        media_type: str,
        modified: int,
        etag: str,
        *,
        content: bytes = b"",
        size: int = 0,
        read: Callable[[int, int], bytes] | None = None,
    ) -> Page:
        """A page with its content, or with `size` bytes that `read` gives piece by piece."""
        size = size if read else len(content)
        validators = f"Last-Modified: {format_date(modified)}\r\nETag: {etag}\r\n".encode("latin-1")
        fields = validators + f"Content-Type: {media_type}\r\nContent-Length: {size}\r\n".encode("latin-1")
        return cls(media_type, size, modified, etag, validators, fields + b"\r\n" + content, read)

    @property
    def head(self) -> bytes:
        """The page's own fields and the empty line: what a HEAD is answered with."""
        return self.tail[: self.tail.index(b"\r\n\r\n") + 4]


class Absence(Enum):
    """Why a path has no page."""

    MISSING = auto()
    FORBIDDEN = auto()
    FOLDER = auto()  # it is a folder, and the path lacks the slash at its end
    UNREADABLE = auto()  # it is there, and reading it failed


class Site(Protocol):
    """Where the pages come from. A machine reads no files: whoever makes the server brings them."""

    def find(self, path: str) -> Page | Absence:
        """The page for a path, which begins with a slash and has no dot segments."""


class DatedFields:
    """The status line of a 200 and the fields that every answer carries, prepared once a second."""

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._second = -1
        self._lines: Fields = ()
        self._fields = self._ok = b""

    def fields(self) -> bytes:
        """Date (RFC 9110 section 6.6.1) and Server (section 10.2.4)."""
        second = int(self._wall_clock())
        if second != self._second:
            self._second = second
            self._lines = ("Date", format_date(second)), ("Server", f"Catenet/{__version__}")
            self._fields = "".join(f"{name}: {value}\r\n" for name, value in self._lines).encode()
            self._ok = status_line(200) + self._fields
        return self._fields

    def lines(self) -> Fields:
        """The same as names and values."""
        self.fields()
        return self._lines

    def ok(self) -> bytes:
        """The same behind the status line of a 200."""
        self.fields()
        return self._ok

    def now(self) -> float:
        """Seconds since 1970."""
        return self._wall_clock()


def status_line(status: int) -> bytes:
    """RFC 9112 section 4."""
    return f"HTTP/1.1 {status} {REASONS[status]}\r\n".encode()


@lru_cache(maxsize=64)
def status_page(status: int, location: str = "") -> Page:
    """The small page that explains a status to a reader. It repeats nothing of what the peer sent."""
    title = f"{status} {REASONS[status]}"
    content = f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n".encode()
    media_type = "text/html; charset=utf-8"
    fields = f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n"
    if location:
        fields += f"Location: {location}\r\n"
    # RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
    if status == 405:
        fields += f"Allow: {', '.join(ALLOWED)}\r\n"
    return Page(media_type, len(content), 0, "", b"", fields.encode() + b"\r\n" + content)


def precondition(fields: Mapping[str, str], page: Page, now: float) -> int:
    """The conditions of a GET or HEAD, in the order of RFC 9110 section 13.2.2 → 200, 304 or 412."""
    if (tags := fields.get("if-match")) is not None:
        if not _names(tags, page.etag, weakly=False):
            return 412
    elif (since := _date(fields, "if-unmodified-since", now)) is not None and page.modified > since:
        return 412
    if (tags := fields.get("if-none-match")) is not None:
        return 304 if _names(tags, page.etag, weakly=True) else 200
    since = _date(fields, "if-modified-since", now)
    return 304 if since is not None and page.modified <= since else 200


def _date(fields: Mapping[str, str], name: str, now: float) -> int | None:
    # Section 13.1.3: "A recipient MUST ignore the If-Modified-Since header field if the received field value is not a
    # valid HTTP-date"; 13.1.4 says the same of If-Unmodified-Since.
    value = fields.get(name)
    return None if value is None else parse_date(value, now)


def _names(tags: str, etag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags names this one, which is strong (RFC 9110 section 8.8.3.2)."""
    return tags == "*" or any(opaque == etag and (weakly or not weak) for weak, opaque in entity_tags(tags))
