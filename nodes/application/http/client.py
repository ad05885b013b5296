"""The client's side of one exchange: a response to GET, read off a byte stream (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from catenet.nodes.application.http.body import Body, ChunkedBody, UnendedBody
from catenet.nodes.application.http.fields import (
    HEAD_END,
    HEAD_LIMIT,
    MessageError,
    by_name,
    decimal,
    field_lines,
    members,
)
from catenet.nodes.application.http.message import LINE_LIMIT

__all__ = ["Response", "ResponseReader", "parse_response"]

_INTERIM_LIMIT = 32  # responses before the final one
_LENGTH_LIMIT = 1 << 62  # bytes; a longer content cannot come in anybody's time
_BEGIN = b"HTTP/"
_STATUS_LINE = re.compile(r"HTTP/([0-9])\.([0-9]) ([1-9][0-9]{2})(?: ([\t -~\x80-\xff]*))?")
_FOLD = re.compile(r"\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Response:
    """A response's head. `fields` are the field lines as sent."""

    status: int
    reason: str
    version: tuple[int, int]
    fields: tuple[tuple[str, str], ...]


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


class ResponseReader:
    """Reads one response, in any slicing; interim ones before it are passed over.

    Methods raise MessageError where the peer breaks the protocol; nothing more is to be given to it then.
    """

    def __init__(self, limit: int) -> None:
        """`limit`: how many bytes of the content are read."""
        self.response: Response | None = None  # the final one, once its head is there
        self.cut = False  # whether there is more of the content than was read
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0  # so far the buffer has no end of a head
        self._interim = 0
        self._body = Body(0)
        self._parts: list[bytes] = []
        self._taken = 0  # bytes of content

    @property
    def finished(self) -> bool:
        """Whether the response is whole, or as much of it is there as is wanted."""
        return self.response is not None and (self.cut or self._body.ended)

    @property
    def content(self) -> bytes:
        """Of the response, as far as it has come."""
        return b"".join(self._parts)[: self._limit]

    def receive_data(self, data: bytes) -> None:
        self._buffer += data
        while self.response is None and self._read_head():
            pass
        if self.response is not None and not self.finished:
            self._read_content()

    def receive_eof(self) -> None:
        if self.response is None:
            why = "the connection ended within its head" if self._buffer else "the connection ended without one"
            raise MessageError(400, "response", bytes(self._buffer[:40]), why)
        if isinstance(self._body, UnendedBody):
            self._body = Body(0)
        elif not self.finished:
            what = "its last chunk" if isinstance(self._body, ChunkedBody) else f"{self._body.left} bytes more"
            raise MessageError(
                400, "content", f"{self._taken} bytes", f"the connection ended, and {what} should have come"
            )

    def _read_head(self) -> bool:
        buffer = self._buffer
        if not buffer.startswith(_BEGIN[: len(buffer)]):
            raise MessageError(400, "response", bytes(buffer[:40]), "no HTTP")
        found = HEAD_END.search(buffer, max(0, self._searched - 2))
        end = self._searched = found.end() if found else len(buffer)
        if end > LINE_LIMIT + HEAD_LIMIT:
            raise MessageError(431, "head", end, f"over {LINE_LIMIT + HEAD_LIMIT} bytes")
        if found is None:
            return False
        head = bytes(buffer[:end])
        del buffer[:end]
        self._searched = 0
        self._begin(parse_response(head))
        return bool(buffer)

    def _begin(self, response: Response) -> None:
        if response.status == 101:
            raise MessageError(400, "status", 101, "no other protocol was asked for")
        if response.status >= 200:
            self.response, self._body = response, _body_of(response)
            return
        # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
        # response, even if the client does not expect one."
        self._interim += 1
        if self._interim > _INTERIM_LIMIT:
            raise MessageError(400, "status", response.status, f"over {_INTERIM_LIMIT} interim responses")

    def _read_content(self) -> None:
        data = self._body.take(self._buffer)
        self._taken += len(data)
        self.cut = self._taken > self._limit
        self._parts.append(data)


def _body_of(response: Response) -> Body:
    """How the content ends (RFC 9112 section 6.3)."""
    fields = by_name(response.fields)
    if response.status in (204, 304):
        return Body(0)
    codings = members(fields.get("transfer-encoding", "").lower())
    if codings:
        if codings != ["chunked"]:
            raise MessageError(501, "Transfer-Encoding", fields["transfer-encoding"][:80], "only chunked is understood")
        return ChunkedBody(None)
    if "content-length" not in fields:
        return UnendedBody()
    # "… unless the field value can be successfully parsed as a comma-separated list …, all values in the list are
    # valid, and all values in the list are the same".
    lengths = {decimal(each, _LENGTH_LIMIT) for each in members(fields["content-length"])}
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        raise MessageError(400, "Content-Length", fields["content-length"][:80], "not one decimal number")
    return Body(length)
