"""The heads of messages: bytes → `Request` or `Response`, and back (RFC 9112 sections 2 to 6).

Strict wherever two readers could differ.

GET /how.html HTTP/1.1 CRLF          request-line = method SP request-target SP HTTP-version
Host: dragon.cs.uiuc.edu CRLF        field-line   = field-name ":" OWS field-value OWS
CRLF
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from catenet.nodes.application.http.fields import (
    TCHAR,
    LocalError,
    MessageError,
    by_name,
    decimal,
    field_lines,
    members,
)
from catenet.nodes.application.http.uri import Authority
from catenet.nodes.machine import DecodeError

__all__ = [
    "BODY_LIMIT",
    "LENGTH_LIMIT",
    "LINE_LIMIT",
    "Fields",
    "Request",
    "Response",
    "keeps_alive",
    "parse_request",
    "parse_response",
    "read_target",
]

Fields = tuple[tuple[str, str], ...]
"""Field lines, as sent: names and values."""

LINE_LIMIT = 8_192
"""The longest request line, in bytes: over it 414 (RFC 9112 section 3 recommends at least 8000)."""
BODY_LIMIT = 65_536
"""The longest content of a request, in bytes, that is read where nobody says another limit: over it 413."""
LENGTH_LIMIT = 1 << 62
"""Bytes; a longer content cannot come in anybody's time."""

_REQUEST_LINE = re.compile(rf"({TCHAR}+) ([!-~]+) HTTP/([0-9])\.([0-9])")
_STATUS_LINE = re.compile(r"HTTP/([0-9])\.([0-9]) ([1-9][0-9]{2})(?: ([\t -~\x80-\xff]*))?")
_FOLD = re.compile(r"\n[ \t]+")
_ABSOLUTE_FORM = re.compile(r"http://([^/?#]*)(.*)", re.IGNORECASE)
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(b"%(..)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x1f\x7f/]")


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head, checked.

    `target` is the request-target as sent. `path` (percent-decoded once, without dot segments) and `query` are those
    of a GET or HEAD, and "" for other methods, which a static site refuses whatever they aim at (`read_target` is for
    who takes them). `conditional`: some field is a precondition. `expects`: the peer waits for a word before it sends
    the content. `fields` has the field values by name in lower case; those of one name are joined by commas (RFC 9110
    section 5.3). `lines` are the field lines as sent.
    """

    method: str
    target: str
    path: str
    query: str
    host: str
    version: tuple[int, int]
    keep_alive: bool
    length: int
    chunked: bool
    conditional: bool
    expects: bool
    fields: Mapping[str, str]
    lines: Fields = field(default=(), compare=False)

    @property
    def has_body(self) -> bool:
        """Whether content follows the head."""
        return self.chunked or self.length > 0

    @classmethod
    def of(cls, method: str, target: str, lines: Fields) -> Request:
        """One to be sent. `lines` have the Host, and say how its content ends where it has one. `path` is not read.

        Raises:
            LocalError: a part of it is not what RFC 9112 has there, or nobody could tell where its content ends.

        """
        if _REQUEST_LINE.fullmatch(f"{method} {target} HTTP/1.1") is None:
            raise LocalError(f"request {method[:80]!r} {target[:80]!r}: no method and target")
        try:
            return _request(method, target, (1, 1), _sendable(lines), None)
        except MessageError as error:
            raise LocalError(f"request: {error}") from error

    @property
    def head(self) -> bytes:
        """As it is sent, with the sender's own version (RFC 9110 section 2.5)."""
        return _head(f"{self.method} {self.target} HTTP/1.1", self.lines)


@dataclass(frozen=True, slots=True)
class Response:
    """A response's head. `fields` are the field lines as sent."""

    status: int
    reason: str
    version: tuple[int, int] = (1, 1)
    fields: Fields = ()

    @property
    def head(self) -> bytes:
        """As it is sent, with the sender's own version (RFC 9110 section 2.5).

        Raises:
            LocalError: a part of it is not what RFC 9112 has there.

        """
        first = f"HTTP/1.1 {self.status} {self.reason}"
        if _STATUS_LINE.fullmatch(first) is None:
            raise LocalError(f"response {self.status} {self.reason[:80]!r}: no status line")
        return _head(first, _sendable(self.fields))


def _sendable(lines: Fields) -> Fields:
    try:
        read = tuple(field_lines(f"{name}: {value}" for name, value in lines))
    except MessageError as error:
        raise LocalError(f"fields: {error}") from error
    for written, understood in zip(lines, read, strict=True):
        if written != understood:
            raise LocalError(
                f"field {written[0][:80]!r}: it would be read as {understood[0]!r}: {understood[1][:80]!r}"
            )
    return read


def _head(first: str, lines: Fields) -> bytes:
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in lines), "", ""]).encode("latin-1")


def parse_request(head: bytes, limit: int | None = BODY_LIMIT) -> Request:
    """A whole head, with or without its last empty line → Request. `limit`: the most bytes of content; None: any.

    Raises:
        MessageError: it names the status to answer with (400, 413, 414, 417, 431, 501, 505), the field and the value.

    """
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    method, target, version = _request_line(first)
    return _request(method, target, version, tuple(field_lines(lines)), limit, aims=method in ("GET", "HEAD"))


def _request(
    method: str, target: str, version: tuple[int, int], lines: Fields, limit: int | None, *, aims: bool = False
) -> Request:
    """What the fields of a request say. `aims`: its target is read too."""
    fields = by_name(lines)
    host = _host(fields.get("host"), version)
    chunked, length = _framing(fields, version, limit)
    path = query = ""
    if aims:
        host, path, query = read_target(target, host)
    return Request(
        method=method,
        target=target,
        path=path,
        query=query,
        host=host,
        version=version,
        keep_alive=keeps_alive(fields, version),
        length=length,
        chunked=chunked,
        conditional=any(name.startswith("if-") for name in fields),
        expects=_expects(fields, version),
        fields=fields,
        lines=lines,
    )


def parse_response(head: bytes) -> Response:
    """A whole head, with or without its last empty line → Response.

    Raises:
        MessageError: it names the field and the value.

    """
    first, _, rest = head.decode("latin-1").replace("\r\n", "\n").rstrip("\n").partition("\n")
    match = _STATUS_LINE.fullmatch(first)
    if match is None:
        raise MessageError(400, "status line", first[:80], "not: HTTP/1.1, space, three digits")
    if match[1] != "1":
        raise MessageError(505, "version", f"{match[1]}.{match[2]}", "not HTTP/1")
    # RFC 9112 section 5.2: "A user agent that receives an obs-fold in a response message … MUST replace each received
    # obs-fold with one or more SP octets".
    lines = _FOLD.sub(" ", rest).split("\n") if rest else []
    return Response(int(match[3]), match[4] or "", (1, int(match[2])), tuple(field_lines(lines)))


def _request_line(line: str) -> tuple[str, str, tuple[int, int]]:
    if len(line) > LINE_LIMIT:
        raise MessageError(414, "request line", line[:40], f"over {LINE_LIMIT} bytes")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise MessageError(400, "request line", line[:80], "not: method, space, target, space, HTTP/1.1")
    if match[3] != "1":
        raise MessageError(505, "version", f"{match[3]}.{match[4]}", "not HTTP/1")
    return match[1], match[2], (1, int(match[4]))


def _host(value: str | None, version: tuple[int, int]) -> str:
    # RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message
    # that lacks a Host header field and to any request message that contains more than one Host header field line or a
    # Host header field with an invalid field value." (Two lines were joined by ", ", which is no valid value.)
    if value is None:
        if version >= (1, 1):
            raise MessageError(400, "Host", "", "missing")
        return ""
    return _authority("Host", value)


@lru_cache(maxsize=64)
def _authority(field: str, value: str) -> str:
    try:
        userinfo, _, _ = Authority.parse(value)
    except DecodeError:
        userinfo = ""
    # RFC 9110 section 4.2.4: "a recipient SHOULD parse for userinfo and treat its presence as an error".
    if userinfo is not None:
        raise MessageError(400, field, value[:80], "not one host, with or without a port")
    return value


def _framing(fields: Mapping[str, str], version: tuple[int, int], limit: int | None) -> tuple[bool, int]:
    """How the content ends: (chunked, length). Whatever two readers could read differently is refused."""
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None:
        # RFC 9112 section 6.3: such a message "might indicate an attempt to perform request smuggling … and ought to be
        # handled as an error".
        if length is not None:
            raise MessageError(400, "Transfer-Encoding", coding[:80], "beside Content-Length")
        # Section 6.1: a coding in an HTTP/1.0 message MUST be treated "as if the framing is faulty".
        if version < (1, 1):
            raise MessageError(400, "Transfer-Encoding", coding[:80], "in HTTP/1.0")
        codings = [word.strip(" \t").lower() for word in coding.split(",")]
        if codings[-1] != "chunked" or "chunked" in codings[:-1]:
            raise MessageError(400, "Transfer-Encoding", coding[:80], "chunked is not its last coding")
        if len(codings) > 1:
            raise MessageError(501, "Transfer-Encoding", coding[:80], "only chunked is understood")
        return True, 0
    if length is None:
        return False, 0
    number = decimal(length, LENGTH_LIMIT if limit is None else limit)
    if number is None:
        raise MessageError(400, "Content-Length", length[:80], "not one decimal number")
    if limit is not None and number > limit:
        raise MessageError(413, "Content-Length", length[:80], f"over {limit} bytes")
    return False, number


def keeps_alive(fields: Mapping[str, str], version: tuple[int, int]) -> bool:
    """RFC 9112 section 9.3: whether the connection persists after this message."""
    if "connection" not in fields:
        return version >= (1, 1)
    options = members(fields["connection"].lower())
    return "close" not in options and (version >= (1, 1) or "keep-alive" in options)


def _expects(fields: Mapping[str, str], version: tuple[int, int]) -> bool:
    # RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore
    # that expectation", and one "that receives an Expect field value containing a member other than 100-continue MAY
    # respond with a 417".
    if "expect" not in fields or version < (1, 1):
        return False
    expectations = set(members(fields["expect"].lower()))
    if unknown := expectations - {"100-continue"}:
        raise MessageError(417, "Expect", min(unknown)[:80], "only 100-continue is understood")
    return bool(expectations)


def read_target(target: str, host: str) -> tuple[str, str, str]:
    """The request-target of a GET or HEAD, or of what aims at a path too → host, path, query (RFC 9112 section 3.2).

    Raises:
        MessageError: it is no path and no http URI, or one that is refused (400).

    """
    if not target.startswith("/"):
        # Section 3.2.2: "a server MUST accept the absolute-form in requests", and "MUST ignore the received Host
        # header field (if any) and instead replace it with the host information of the request-target".
        match = _ABSOLUTE_FORM.fullmatch(target)
        if match is None:
            raise MessageError(400, "target", target[:80], "neither a path nor an http URI")
        host, target = _authority("target", match[1]), match[2] if match[2].startswith("/") else f"/{match[2]}"
    if "#" in target:  # some readers end the path there (section 3.2.1 allows none)
        raise MessageError(400, "target", target[:80], "a fragment in it")
    path, _, query = target.partition("?")
    return host, _path(path), query


def _path(raw: str) -> str:
    """Percent-decoded once, segment by segment, and without dot segments (RFC 3986 sections 2.4 and 5.2.4)."""
    if _BAD_ESCAPE.search(raw):
        raise MessageError(400, "target", raw[:80], "a percent sign without two hexadecimal digits")
    kept: list[str] = []
    segment = ""
    for part in raw.split("/")[1:]:
        segment = _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), part.encode()).decode(
            "utf-8", "surrogateescape"
        )
        if _CONTROL.search(segment):
            raise MessageError(400, "target", raw[:80], "an escaped slash or control character")
        if segment == "..":
            if not kept:
                raise MessageError(400, "target", raw[:80], "leads above the root")
            kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    folder = segment in ("", ".", "..") and bool(kept)
    return f"/{'/'.join(kept)}{'/' if folder else ''}"
