"""The content of a request: it is read and thrown away, and the next request is found behind it."""

from __future__ import annotations

import pytest
from http_site import Client, get, read_responses, status_of

from catenet.nodes.application.http.message import BODY_LIMIT


class TestContent:
    """The content of a request is read and thrown away (RFC 9112 section 6)."""

    @pytest.mark.parametrize(
        "content",
        [
            (("Content-Length: 5",), b"12345"),
            (("Content-Length: 0",), b""),
            (("Transfer-Encoding: chunked",), b'5\r\nGET /\r\nA;x="y"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n'),
            (("Transfer-Encoding: CHUNKED",), b"0\r\n\r\n"),
        ],
    )
    @pytest.mark.parametrize("piece", [0, 1])
    def test_the_next_request_is_found_behind_it(self, content: tuple[tuple[str, ...], bytes], piece: int) -> None:
        client = Client().send(get("/missing", *content[0]) + content[1] + get(), piece=piece)
        answers = read_responses(client.received, "GET", "GET")
        assert [response.status for response, _ in answers] == [404, 200]

    @pytest.mark.parametrize(
        ("status", "chunks"),
        [
            (400, b"5\n12345\n0\n\n" + b" " * 300),
            (400, b"0x5\r\n12345\r\n0\r\n\r\n"),
            (400, b" 5\r\n12345\r\n0\r\n\r\n"),
            (400, b"-5\r\n12345\r\n0\r\n\r\n"),
            (400, b"5_0\r\n12345\r\n0\r\n\r\n"),
            (400, b"5;\r\n12345\r\n0\r\n\r\n"),
            (400, b"5;a\x00\r\n12345\r\n0\r\n\r\n"),
            (400, b"5;\xf8=y\r\n12345\r\n0\r\n\r\n"),  # 7.1.1: chunk-ext-name is a token
            (400, b"5;a=\r\n12345\r\n0\r\n\r\n"),
            (400, b'5;a="b\r\n12345\r\n0\r\n\r\n'),
            (400, b"5;a b\r\n12345\r\n0\r\n\r\n"),
            (400, b"5;a\rb\r\n12345\r\n0\r\n\r\n"),
            (400, b"5\r\n1234567\r\n0\r\n\r\n"),
            (400, b"5\r\n12345XX0\r\n\r\n"),
            (400, b"5 \r\n12345\r\n0\r\n\r\n"),
            (400, b"5;a\n12345\r\n0\r\n\r\n"),
            (400, b"1" * 17_000),
            (413, b"ffffffff\r\n"),
            (413, b"f" * 5_000 + b"\r\n"),
            (413, b"8000\r\n" + b"x" * 0x8000 + b"\r\n8001\r\n"),
            (400, (b"1;" + b"a" * 2_000 + b"\r\nx\r\n") * 9),
            (431, b"0\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 400),
            (431, b"0\r\nX: " + b"y" * 17_000),
            (431, b"0\r\n" + b"a:\r\n" * 101 + b"\r\n"),
            # Trailers are field lines: in these somebody else could find a request.
            (400, b"0\r\nX: y\n\nGET /private/ HTTP/1.1\r\n\r\n"),
            (400, b"0\r\nGET /private/ HTTP/1.1\r\n\r\n"),
            (400, b"0\r\nX : y\r\n\r\n"),
            (400, b"0\r\n X: y\r\n\r\n"),
            (400, b"0\r\nX: y\rz\r\n\r\n"),
        ],
    )
    @pytest.mark.parametrize("piece", [0, 1])
    def test_chunks_that_two_readers_could_read_differently(self, status: int, chunks: bytes, piece: int) -> None:
        client = Client().send(get("/", "Transfer-Encoding: chunked") + chunks, piece=piece)
        assert status_of(client.received) == status
        assert client.received.count(b"HTTP/1.1") == 1

    @pytest.mark.parametrize(
        "chunks",
        [
            b"000000000000000000000005\r\n12345\r\n00000\r\n\r\n",  # 7.1: chunk-size is 1*HEXDIG
            b'1;a="' + b"x" * 4_000 + b'"\r\nx\r\n0;b\r\n\r\n',  # 7.1.1: extensions MUST be ignored
            b'1;a="b;c\\"d";e\r\nx\r\n0\r\n\r\n',
            b"1 ; a=b\r\nx\r\n0\r\n\r\n",
            b"0\r\nX: " + b"y" * 300 + b"\r\n\r\n",  # 7.1.2: the limit of a trailer is not that of a chunk's size
            b"0\r\n" + b"a: b\r\n" * 100 + b"\r\n",
            b"1\r\nx\r\n" * BODY_LIMIT + b"0\r\n\r\n",  # the limit of the content is that of its data
        ],
        ids=lambda chunks: str(chunks[:12]),
    )
    def test_9112_7_1_chunks_are_passed_over(self, chunks: bytes) -> None:
        client = Client().send(get("/missing", "Transfer-Encoding: chunked") + chunks + get(), piece=4096)
        answers = read_responses(client.received, "GET", "GET")
        assert [response.status for response, _ in answers] == [404, 200]

    def test_9110_8_6_a_length_is_its_value(self) -> None:
        length = "Content-Length: 0000000000000000000000000000005"
        client = Client().send(get("/missing", length) + b"12345" + get())
        answers = read_responses(client.received, "GET", "GET")
        assert [response.status for response, _ in answers] == [404, 200]

    def test_a_smuggled_request_is_not_answered(self) -> None:
        smuggling = get("/", "Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + get("/private/")
        client = Client().send(smuggling)
        assert status_of(client.received) == 400
        assert client.received.count(b"HTTP/1.1") == 1

    def test_an_expectation_gets_the_final_status_at_once(self) -> None:  # RFC 9110 section 10.1.1
        client = Client().send(get("/", "Content-Length: 100", "Expect: 100-continue", method="PUT"))
        ((response, _),) = read_responses(client.received, "PUT")
        assert (response.status, response.headers["Connection"]) == (405, "close")
        client.pass_time(2.0)
        assert client.connection.finished

    def test_an_expectation_without_content_changes_nothing(self) -> None:
        client = Client().send(get("/", "Expect: 100-continue") * 2)
        assert client.received.count(b"HTTP/1.1 200 OK") == 2
