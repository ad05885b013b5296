"""The content of a message, taken out of the stream or put into it (RFC 9112 sections 6 and 7)."""

from __future__ import annotations

import re

from catenet.nodes.application.http.fields import (
    HEAD_LIMIT,
    TCHAR,
    LocalError,
    MessageError,
    by_name,
    decimal,
    field_lines,
    members,
)
from catenet.nodes.application.http.message import LENGTH_LIMIT, Request, Response

__all__ = ["Body", "ChunkedBody", "UnendedBody", "has_no_content", "request_body", "response_body"]

_DIGITS = 17
"""Hexadecimal digits of a chunk's size that are read: so many make a number beyond every limit."""
# chunk-size [ chunk-ext ] (section 7.1.1). What an extension says is ignored; how it is written is not: readers that
# differ on it differ on where the chunk begins.
_TOKEN = f"{TCHAR}+".encode()
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)(?:%b)*" % _EXTENSION)


class Body:
    """Content of a known length, in bytes. One is for one direction: it is taken, or it is written."""

    def __init__(self, length: int) -> None:
        self.left = length

    def take(self, buffer: bytearray, most: int) -> bytes:
        """Take from the front of the buffer what belongs to the content, and give its data, at most so many bytes.

        Raises:
            MessageError: the content is not framed as section 7.1 says (400), too long (413), or too long around the
                data (431).

        """
        data = bytes(buffer[: min(self.left, most)])
        del buffer[: len(data)]
        self.left -= len(data)
        return data

    def write(self, data: bytes) -> bytes:
        """Data as it goes into the stream.

        Raises:
            LocalError: more than the length that was said.

        """
        if len(data) > self.left:
            raise LocalError(f"{len(data)} bytes of content, where {self.left} are still to come")
        self.left -= len(data)
        return data

    def finish(self) -> bytes:
        """What ends it in the stream.

        Raises:
            LocalError: less than the length that was said.

        """
        if self.left:
            raise LocalError(f"the content ends, and {self.left} bytes of it are still to come")
        return b""

    @property
    def ended(self) -> bool:
        """Whether all of it has passed."""
        return self.left == 0

    @property
    def missing(self) -> str:
        """What should still come, for a message to people."""
        return f"{self.left} bytes more"


class UnendedBody(Body):
    """Content that ends with the connection (section 6.3, item 8)."""

    def __init__(self) -> None:
        super().__init__(0)

    def take(self, buffer: bytearray, most: int) -> bytes:
        """Everything is content."""
        data = bytes(buffer[:most])
        del buffer[: len(data)]
        return data

    def write(self, data: bytes) -> bytes:
        """As it is."""
        return data

    @property
    def ended(self) -> bool:
        """Only the connection's end tells."""
        return False


class ChunkedBody(Body):
    """Chunks: size CRLF data CRLF … 0 CRLF trailers CRLF. Line ends are strictly CRLF here, as readers differ on LF.

    `limit`: the most bytes of data, over all chunks; None where the reader stops by itself.
    """

    def __init__(self, limit: int | None) -> None:
        super().__init__(0)
        self._limit = limit
        self._total = 0  # bytes of data
        self._framing = 0  # bytes of needless zeros and of extensions; behind the last chunk: of trailers
        self._trailers: list[str] | None = None
        self._expect = self._size_line
        self._ended = False
        self._fault: MessageError | None = None  # behind data that came before it

    @property
    def ended(self) -> bool:
        """Whether the last chunk and the trailers have passed."""
        return self._ended

    @property
    def missing(self) -> str:
        """The same as of a known length."""
        return "its last chunk"

    def write(self, data: bytes) -> bytes:
        """A chunk; none where there is no data, since an empty one is the last."""
        return b"%x\r\n%b\r\n" % (len(data), data) if data else b""

    def finish(self) -> bytes:
        """The last chunk, and no trailers."""
        return b"0\r\n\r\n"

    def take(self, buffer: bytearray, most: int) -> bytes:
        """The same as of a known length. Data that came before a fault is given before the fault is told."""
        if self._fault is not None:
            raise self._fault
        data = bytearray()
        try:
            self._take(buffer, most, data)
        except MessageError as error:
            if not data:
                raise
            self._fault = error
        return bytes(data)

    def _take(self, buffer: bytearray, most: int, data: bytearray) -> None:
        while not self._ended:
            data += super().take(buffer, most - len(data))
            if self.left:
                break
            end = buffer.find(b"\n", 0, HEAD_LIMIT + 2) + 1
            if not end:
                self._check_framing(len(buffer))
                break
            line = bytes(buffer[:end])
            del buffer[:end]
            if not line.endswith(b"\r\n"):
                raise MessageError(400, "chunk", line[:40], "a line of its framing does not end in CRLF")
            self._expect(line[:-2])

    def _size_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise MessageError(400, "chunk", line[:40], "no hexadecimal size, or no extensions behind it")
        # What counts is the value: section 7.1 allows any number of digits, and "recipients MUST anticipate potentially
        # large hexadecimal numerals".
        digits = match[1].lstrip(b"0")[:_DIGITS]
        self.left = int(digits or b"0", 16)
        self._total += self.left
        if self._limit is not None and self._total > self._limit:
            raise MessageError(413, "chunk", self._total, f"content over {self._limit} bytes")
        self._framing += len(line) - max(len(digits), 1)
        self._check_framing()
        self._expect = self._data_end
        if not self.left:
            self._expect, self._framing, self._trailers = self._trailer, 0, []

    def _data_end(self, line: bytes) -> None:
        if line:
            raise MessageError(400, "chunk", line[:40], "more data than its size says")
        self._expect = self._size_line

    def _trailer(self, line: bytes) -> None:
        assert self._trailers is not None
        self._framing += len(line)
        self._check_framing()
        self._trailers.append(line.decode("latin-1"))
        if not line:
            # Section 7.1.2 lets us discard them. What is no field line is refused even so: who reads lines in another
            # way could find a request there.
            field_lines(self._trailers[:-1])
            self._ended = True

    def _check_framing(self, waiting: int = 0) -> None:
        # Section 7.1.1: "A server ought to limit the total length of chunk extensions received in a request".
        total = self._framing + waiting
        if total > HEAD_LIMIT:
            status, what = (400, "chunk extensions") if self._trailers is None else (431, "trailers")
            raise MessageError(status, what, total, f"over {HEAD_LIMIT} bytes")


def request_body(request: Request, limit: int | None) -> Body:
    """How a request's content ends (RFC 9112 section 6.3). `limit`: the most bytes of data of one in chunks."""
    return ChunkedBody(limit) if request.chunked else Body(request.length)


def has_no_content(status: int, method: str) -> bool:
    """Whether a response ends with its head, whatever its fields say (RFC 9112 section 6.3, items 1 and 2)."""
    return method == "HEAD" or status < 200 or status in (204, 304) or (method == "CONNECT" and status < 300)


def response_body(response: Response, method: str, limit: int | None) -> Body:
    """How the content of a response to this method ends (RFC 9112 section 6.3).

    Raises:
        MessageError: two readers could take its end for another one (400), or a coding is not understood (501).

    """
    if has_no_content(response.status, method):
        return Body(0)
    fields = by_name(response.fields)
    codings = members(fields.get("transfer-encoding", "").lower())
    if codings:
        if codings != ["chunked"]:
            raise MessageError(501, "Transfer-Encoding", fields["transfer-encoding"][:80], "only chunked is understood")
        return ChunkedBody(limit)
    if "content-length" not in fields:
        return UnendedBody()
    # "… unless the field value can be successfully parsed as a comma-separated list …, all values in the list are
    # valid, and all values in the list are the same".
    lengths = {decimal(each, LENGTH_LIMIT) for each in members(fields["content-length"])}
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        raise MessageError(400, "Content-Length", fields["content-length"][:80], "not one decimal number")
    return Body(length)
