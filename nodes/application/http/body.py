"""The content of a request, read only to be thrown away: no method here wants one (RFC 9112 sections 6 and 7)."""

from __future__ import annotations

import re

from catenet.nodes.application.http.message import BODY_LIMIT, HEAD_LIMIT, Request, RequestError

__all__ = ["Body", "body_of"]

_CHUNK_LINE_LIMIT = 256  # bytes: a chunk's size and its extensions
# chunk-size [ chunk-ext ]; an extension is a semicolon and visible characters, which section 7.1.1 lets us ignore.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~\x80-\xff]+)?")


class Body:
    """Content of a known length."""

    def __init__(self, length: int) -> None:
        self._left = length

    def skip(self, buffer: bytearray) -> bool:
        """Take from the front of the buffer what belongs to the content. True once all of it has passed.

        Raises:
            RequestError: the content is not framed as section 7.1 says (400), or too long (413).

        """
        taken = min(self._left, len(buffer))
        del buffer[:taken]
        self._left -= taken
        return self._left == 0


class _ChunkedBody(Body):
    """Chunks: size CRLF data CRLF … 0 CRLF trailers CRLF. Line ends are strictly CRLF here, as readers differ on LF."""

    def __init__(self) -> None:
        super().__init__(0)
        self._total = 0
        self._trailer_bytes = 0
        self._expect = self._size_line

    def skip(self, buffer: bytearray) -> bool:
        while True:
            if not super().skip(buffer):
                return False
            end = buffer.find(b"\r\n", 0, _CHUNK_LINE_LIMIT)
            if end < 0:
                if len(buffer) >= _CHUNK_LINE_LIMIT:
                    raise RequestError(400, "chunk", bytes(buffer[:40]), "a line of its framing is too long")
                return False
            line = bytes(buffer[:end])
            del buffer[: end + 2]
            if self._expect(line):
                return True

    def _size_line(self, line: bytes) -> bool:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise RequestError(400, "chunk", line[:40], "its size is not a hexadecimal number")
        self._left = int(match[1], 16)
        self._total += self._left + len(line)
        if self._total > BODY_LIMIT:
            raise RequestError(413, "chunk", self._total, f"content over {BODY_LIMIT} bytes")
        self._expect = self._data_end if self._left else self._trailer
        return False

    def _data_end(self, line: bytes) -> bool:
        if line:
            raise RequestError(400, "chunk", line[:40], "more data than its size says")
        self._expect = self._size_line
        return False

    def _trailer(self, line: bytes) -> bool:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > HEAD_LIMIT:
            raise RequestError(431, "trailers", self._trailer_bytes, f"over {HEAD_LIMIT} bytes")
        return not line


def body_of(request: Request) -> Body:
    """The reader for this request's content."""
    return _ChunkedBody() if request.chunked else Body(request.length)
