"""The content of a message, taken out of the stream (RFC 9112 sections 6 and 7)."""

from __future__ import annotations

import re

from catenet.nodes.application.http.fields import HEAD_LIMIT, TCHAR, MessageError, field_lines

__all__ = ["Body", "ChunkedBody", "UnendedBody"]

_DIGITS = 17
"""Hexadecimal digits of a chunk's size that are read: so many make a number beyond every limit."""
# chunk-size [ chunk-ext ] (section 7.1.1). What an extension says is ignored; how it is written is not: readers that
# differ on it differ on where the chunk begins.
_TOKEN = f"{TCHAR}+".encode()
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*%b(?:[ \t]*=[ \t]*(?:%b|%b))?" % (_TOKEN, _TOKEN, _QUOTED)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)(?:%b)*" % _EXTENSION)


class Body:
    """Content of a known length, in bytes."""

    def __init__(self, length: int) -> None:
        self.left = length

    def take(self, buffer: bytearray) -> bytes:
        """Take from the front of the buffer what belongs to the content, and give its data.

        Raises:
            MessageError: the content is not framed as section 7.1 says (400), too long (413), or too long around the
                data (431).

        """
        data = bytes(buffer[: self.left])
        del buffer[: len(data)]
        self.left -= len(data)
        return data

    @property
    def ended(self) -> bool:
        """Whether all of it has passed."""
        return self.left == 0


class UnendedBody(Body):
    """Content that ends with the connection (section 6.3, item 8)."""

    def __init__(self) -> None:
        super().__init__(0)

    def take(self, buffer: bytearray) -> bytes:
        """Everything is content."""
        data = bytes(buffer)
        buffer.clear()
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

    @property
    def ended(self) -> bool:
        """Whether the last chunk and the trailers have passed."""
        return self._ended

    def take(self, buffer: bytearray) -> bytes:
        """The same as of a known length."""
        data = bytearray()
        while not self._ended:
            data += super().take(buffer)
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
        return bytes(data)

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
