"""Responses as a client reads them in any slicing, and the structures of field values. The oracle is http.client."""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import Any

from fuzz_target import Target, sliced

from catenet.nodes.application.http.client import ResponseReader
from catenet.nodes.application.http.content import text_of
from catenet.nodes.application.http.fields import MessageError, entity_tags, members, with_parameters
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.uri import Uri, escape

GET = Request.of("GET", "/", (("Host", "a"),))
LIMIT = 4096
_BASE = Uri.parse("http://a/b/c/d;p?q")


def _read(parts: list[bytes]) -> ResponseReader:
    reader = ResponseReader(GET, LIMIT)
    for part in parts:
        if not reader.finished:
            reader.receive_data(part)
    if not reader.finished:
        reader.receive_eof()
    return reader


def _outcome(parts: list[bytes]) -> object:
    try:
        reader = _read(parts)
    except MessageError as error:
        return error.status
    return reader.response, reader.content, reader.cut


def _both(data: bytes) -> tuple[bytes, ResponseReader]:
    whole, parts = sliced(data)
    assert _outcome(parts) == _outcome([whole])
    return whole, _read([whole])


class _Source:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self._data)


def _check(value: tuple[bytes, ResponseReader]) -> None:
    whole, ours = value
    assert ours.finished and ours.response is not None
    assert len(ours.content) <= LIMIT
    assert 200 <= ours.response.status <= 999
    if ours.cut or ours.response.status in (204, 304) or re.match(rb"HTTP/1\.\d 1", whole):
        return  # http.client takes most interim responses for final ones, and looks for chunks behind a 204
    theirs = HTTPResponse(_Source(whole), method="GET")  # type: ignore[arg-type]
    try:
        theirs.begin()
        content = theirs.read()
    except (HTTPException, ValueError):
        return  # what we read and they refuse: lines without a reason, lengths that are lists
    assert theirs.status == ours.response.status
    if _is_for_oracle(theirs, whole):
        assert content == ours.content


def _is_for_oracle(theirs: HTTPResponse, whole: bytes) -> bool:
    """http.client takes blanks for a part of the coding, knows no lists of lengths, and reads one of two fields."""
    codings, lengths = (theirs.headers.get_all(each, []) for each in ("Transfer-Encoding", "Content-Length"))
    return b"," not in whole and len(set(lengths)) <= 1 and len(codings) <= 1 and codings == [*map(str.strip, codings)]


response = Target(
    _both,
    (MessageError,),
    _check,
    words=(
        *(
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 404\r\n",
            "HTTP/1.1 103 x\r\n\r\n",
            "HTTP/1.1 204 \r\n",
            "\r\n\r\n",
            "\r\n ",
        ),
        *(
            "Content-Length: 5\r\n",
            "Content-Length: 5, 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "\r\nhello",
            "\r\n0\r\n\r\n",
        ),
        *("5;a=b\r\nhello\r\n", "X: y\r\n", "00", "\n", "\r", "\0", "\t"),
    ),
    longest=2048,
)


def _structures(data: bytes) -> tuple[Any, ...]:
    value = data.decode("latin-1")
    return value, members(value), with_parameters(value), entity_tags(value), text_of(data, value)


def _check_structures(found: tuple[Any, ...]) -> None:
    value, listed, (whole, parameters), tags, _ = found
    assert all(each and each == each.strip(" \t") for each in listed)
    assert whole in value
    assert all(name == name.lower() for name in parameters)
    assert all(opaque in value for _, opaque in tags)
    target = _BASE.resolve(escape(value))
    assert Uri.parse(str(target)) == target or target.authority is None
    assert escape(escape(value)) == escape(value)


structures = Target(
    _structures,
    check=_check_structures,
    words=(
        *(
            '"',
            "\\",
            ",",
            ";",
            "=",
            "W/",
            "*",
            " ",
            "\t",
            "charset=",
            "utf-8",
            "koi8-r",
            "../",
            "./",
            "//",
            "?",
            "#",
            "%",
            "%2e",
        ),
        *("text/html", "<meta charset=", "<meta http-equiv=content-type content=", "\xef\xbb\xbf", ":", "http:"),
    ),
    longest=1024,
)
