"""A response, read off the stream in any slicing: what RFC 9112 has a client do with what servers send."""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.client import ResponseReader
from catenet.nodes.application.http.fields import FIELD_LIMIT, MessageError
from catenet.nodes.application.http.message import Request, parse_response

GET = Request.of("GET", "/", (("Host", "a"),))
LIMIT = 1000
HELLO = b"hello"


def response(*fields: str, content: bytes = HELLO, status: str = "200 OK", version: str = "1.1") -> bytes:
    return "\r\n".join([f"HTTP/{version} {status}", *fields, "", ""]).encode("latin-1") + content


def read(data: bytes, *, piece: int = 0, limit: int = LIMIT) -> ResponseReader:
    """What comes of it, whole or in pieces, with the connection's end behind it."""
    reader = ResponseReader(GET, limit)
    step = piece or max(len(data), 1)
    for start in range(0, len(data), step):
        if reader.finished:
            return reader
        reader.receive_data(data[start : start + step])
    if not reader.finished:
        reader.receive_eof()
    assert reader.finished
    return reader


def refused(data: bytes, piece: int = 0) -> str:
    with pytest.raises(MessageError) as caught:
        read(data, piece=piece)
    return str(caught.value)


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize(
    ("sent", "status", "content"),
    [
        (response("Content-Length: 5"), 200, HELLO),
        (response("Content-Length: 5", content=HELLO * 2), 200, HELLO),  # 6.3: what follows is nobody's response
        (response(), 200, HELLO),  # 6.3 item 8: until the connection's end
        (response(version="1.0"), 200, HELLO),
        (response(content=b""), 200, b""),
        # 6.3 item 1
        (response("Content-Length: 5", status="204 No Content"), 204, b""),
        (response("Content-Length: 5", status="304 Not Modified", content=b""), 304, b""),
        (response(CHUNKED, status="304 Not Modified", content=b""), 304, b""),
        # 6.3 item 3: "the Transfer-Encoding overrides the Content-Length"
        (response("Content-Length: 3", CHUNKED, content=b"5\r\nhello\r\n0\r\n\r\n"), 200, HELLO),
        (response("transfer-encoding: , CHUNKED", content=b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"), 200, HELLO),
        (response(CHUNKED, version="1.0", content=b"5\r\nhello\r\n0\r\n\r\n"), 200, HELLO),
        # 6.3 item 5: a list of equal values
        (response("Content-Length: 5, 005"), 200, HELLO),
        (response("Content-Length: 5", "Content-Length: 5"), 200, HELLO),
        (response("Content-Length: " + "0" * 5000 + "5"), 200, HELLO),
        # 2.2: a line may end in LF alone
        (response("Content-Length: 5").replace(b"\r\n", b"\n"), 200, HELLO),
        # 4: the reason may be empty, and its space is left out by many
        (response("Content-Length: 5", status="200 "), 200, HELLO),
        (response("Content-Length: 5", status="200"), 200, HELLO),
        (response("Content-Length: 5", status="599 \u00e9"), 599, HELLO),
        (response("Content-Length: 5", version="1.2"), 200, HELLO),
    ],
)
def test_9112_6_3_responses(sent: bytes, status: int, content: bytes, piece: int) -> None:
    reader = read(sent, piece=piece)
    assert reader.response is not None
    assert (reader.response.status, reader.content, reader.cut) == (status, content, False)


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize(
    "statuses", [["103 Early Hints"], ["100"] * 3, ["102 Processing", "103 x", "199 y"], ["100"] * 32]
)
def test_9110_15_2_interim_responses_are_passed_over(statuses: list[str], piece: int) -> None:
    interim = b"".join(response("Link: </style.css>", status=status, content=b"") for status in statuses)
    reader = read(interim + response("Content-Length: 5"), piece=piece)
    assert reader.response is not None
    assert (reader.response.status, reader.content) == (200, HELLO)
    assert reader.response.fields == (("Content-Length", "5"),)


def test_interim_responses_without_end_are_not_read() -> None:
    assert "over 32 interim responses" in refused(response(status="100", content=b"") * 1000)


def test_9110_15_2_2_a_protocol_that_was_not_asked_for_is_refused() -> None:
    assert "status 101" in refused(response("Upgrade: x", status="101 Switching Protocols", content=b"binary"))


def test_9112_5_2_a_folded_line_is_one() -> None:
    reader = read(response("X: a ", " \t b", "\tc", " ", "Content-Length: 5"))
    assert reader.response is not None
    assert reader.response.fields[1] == ("Content-Length", "5")
    name, value = reader.response.fields[0]
    assert (name, value.split()) == ("X", ["a", "b", "c"])


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "without one"),
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
        (b"<html>HTTP/0.9</html>", "no HTTP"),
        (b"\r\n" + response(), "no HTTP"),
        (b"http/1.1 200 OK\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 20", "within its head"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
            "within its head",
        ),  # 8: incomplete, not an answer without content
        (response(status="099 x"), "status line"),
        (response(status="1000 x"), "status line"),
        (response(status="2 x"), "status line"),
        (response(status="200 \x1b[31m"), "status line"),
        (response(version="2.0"), "version '2.0'"),
        (response(version="0.9"), "version '0.9'"),
        (response(" X: y"), "field name"),
        (response("no colon", "Content-Length: 5"), "field name 'no colon'"),
        (response("Transfer-Encoding : chunked"), "field name 'Transfer-Encoding '"),
        (response("X: a\rY: b"), "field value"),
        (response("X: a\0b"), "field value"),
        (response(*["X: y"] * (FIELD_LIMIT + 1)), "fields 101"),
        (response("X: " + "y" * 30_000), "head"),
        (b"HTTP/1.1 200 " + b"y" * 30_000, "head"),
        *(
            (response(f"Content-Length: {bad}"), "Content-Length")
            for bad in ("+5", "-5", "5_0", "0x5", "5 0", "", ",", "5, 6", "5, x", "²")
        ),
        (response("Content-Length: 5", "Content-Length: 6"), "Content-Length"),
        (response("Content-Length: 6"), "1 bytes more"),
        (response("Content-Length: " + "9" * 5000), "bytes more"),
        (response("Transfer-Encoding: gzip, chunked"), "Transfer-Encoding"),
        (response("Transfer-Encoding: chunked, gzip"), "Transfer-Encoding"),
        (response("Transfer-Encoding: chunked, chunked"), "Transfer-Encoding"),
        (response(CHUNKED, content=b"zz\r\n"), "chunk b'zz'"),
        (response(CHUNKED, content=b"-5\r\nhello\r\n0\r\n\r\n"), "chunk b'-5'"),
        (response(CHUNKED, content=b"0x5\r\nhello\r\n0\r\n\r\n"), "chunk b'0x5'"),
        (response(CHUNKED, content=b"4\r\nhello\r\n0\r\n\r\n"), "more data than its size says"),
        (response(CHUNKED, content=b"5\r\nhello\r\n"), "its last chunk"),
        (response(CHUNKED, content=b"5\r\nhello\r\n0\r\nX: y\r\n"), "its last chunk"),
    ],
)
def test_what_is_no_response_is_refused(sent: bytes, words: str, piece: int) -> None:
    assert words in refused(sent, piece)


@pytest.mark.parametrize(
    "sent",
    [
        response("Content-Length: 5000", content=b"x" * 5000),
        response(content=b"x" * 5000),
        response(CHUNKED, content=b"fff\r\n" + b"x" * 4095 + b"\r\n0\r\n\r\n"),
        response(CHUNKED, content=b"f" * 400 + b"\r\n" + b"x" * 4095),
        response(CHUNKED, content=b"1\r\nx\r\n" * 2000),
    ],
)
@pytest.mark.parametrize("piece", [0, 7])
def test_a_long_content_is_cut(sent: bytes, piece: int) -> None:
    reader = read(sent, piece=piece)
    assert (reader.content, reader.cut) == (b"x" * LIMIT, True)


def test_a_content_of_just_the_limit_is_whole() -> None:
    reader = read(response(f"Content-Length: {LIMIT}", content=b"x" * LIMIT))
    assert (reader.content, reader.cut) == (b"x" * LIMIT, False)


class Source:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self.data)


@settings(max_examples=300)
@given(
    st.sampled_from(["200 OK", "404 Not Found", "204 x", "304 x"]),
    st.lists(
        st.sampled_from(["X: y", "Content-Length: 5", "Content-Length: 3", CHUNKED, "A: b", "X: \u00e9"]), max_size=4
    ),
    st.sampled_from([HELLO, b"5\r\nhello\r\n0\r\n\r\n", b"3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n", b""]),
)
def test_what_we_take_pythons_client_reads_alike(status: str, fields: list[str], content: bytes) -> None:
    sent = response(*fields, content=content, status=status)
    if CHUNKED in fields and not status.startswith(("200", "404")):
        return  # http.client looks for chunks behind a 204
    try:
        ours = read(sent)
    except MessageError:
        return
    theirs = HTTPResponse(Source(sent), method="GET")  # type: ignore[arg-type]
    try:
        theirs.begin()
        read_by_them = theirs.read()
    except HTTPException:
        pytest.fail(f"they refuse {sent!r}")
    assert ours.response is not None
    assert (theirs.status, theirs.reason, read_by_them) == (ours.response.status, ours.response.reason, ours.content)
    assert theirs.getheaders() == list(ours.response.fields)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [response("Content-Length: 5"), response(status="100"), response(CHUNKED, content=b"5\r\n"), b"0\r\n\r\n"]
        ),
    ),
    max_size=6,
)


@settings(max_examples=300)
@given(PIECES, st.integers(1, 40))
def test_slicing_changes_nothing(pieces: list[bytes], piece: int) -> None:
    def outcome(step: int) -> object:
        try:
            reader = read(b"".join(pieces), piece=step)
        except MessageError as error:
            return error.status
        return reader.response, reader.content, reader.cut

    assert outcome(piece) == outcome(0) == outcome(1)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    for head in (data, b"HTTP/1.1 200 OK\r\n" + data):
        try:
            parse_response(head)
        except MessageError:
            continue
