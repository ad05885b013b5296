"""The head of a request: one test for each sentence of RFC 9110 and RFC 9112 that a server of pages must obey."""

from __future__ import annotations

import httptools
import pytest
from http_site import get
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.fields import FIELD_LIMIT, MessageError
from catenet.nodes.application.http.message import BODY_LIMIT, LINE_LIMIT, Request, parse_request


def refusal(head: bytes) -> int:
    with pytest.raises(MessageError) as caught:
        parse_request(head)
    return caught.value.status


def test_a_request_of_a_browser() -> None:
    request = parse_request(get("/how.html?way=short", "Accept: */*", "accept: text/html", "X:\t a b \t"))
    assert request == Request(
        method="GET",
        target="/how.html?way=short",
        path="/how.html",
        query="way=short",
        host="dragon.cs.uiuc.edu",
        version=(1, 1),
        keep_alive=True,
        length=0,
        chunked=False,
        conditional=False,
        expects=False,
        fields={"host": "dragon.cs.uiuc.edu", "accept": "*/*, text/html", "x": "a b"},
    )


@pytest.mark.parametrize(
    ("section", "head"),
    [
        # 2.2: a bare CR is an invalid element
        ("2.2", b"GET / HTTP/1.1\rHost: a\r\n\r\n"),
        ("2.2", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"),
        # 2.2: white space between the start-line and the first field
        ("2.2", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        # 2.3: the version is case-sensitive, one digit, a dot, one digit
        ("2.3", b"GET / http/1.1\r\nHost: a\r\n\r\n"),
        ("2.3", b"GET / HTTP/1\r\nHost: a\r\n\r\n"),
        ("2.3", b"GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
        ("2.3", b"GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        ("2.3", b"GET / HTTP/ 1.1\r\nHost: a\r\n\r\n"),
        # 3: method SP request-target SP HTTP-version
        ("3", b"GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3", b"GET /\r\nHost: a\r\n\r\n"),
        ("3", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3", b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3", b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
        # 3.2: exactly one Host, and a valid one
        ("3.2", b"GET / HTTP/1.1\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: user@a\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: [1::2::3]\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: [fe80::1%eth0]\r\n\r\n"),
        ("3.2", b"GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"),
        ("3.2.1", get("/a#b")),
        ("4.2.4 of RFC 9110", get("http://user@a/")),
        # 3.2.2 to 3.2.4: the forms of the target
        ("3.2.1", b"GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3.2.2", b"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3.2.2", b"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3.2.3", b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("3.2.4", b"GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        # 5: field-name ":" OWS field-value OWS
        ("5", b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
        ("5", b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        ("5", b"GET / HTTP/1.1\r\nHost: a\r\nX[1]: b\r\n\r\n"),
        ("5.1", b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n"),
        ("5.2", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
        ("5.5 of RFC 9110", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n"),
        # 6.1 to 6.3: the framing
        ("6.1", get("/", "Transfer-Encoding: chunked", version="1.0")),
        ("6.1", get("/", "Transfer-Encoding: chunked", "Content-Length: 3")),
        ("6.1", get("/", "Transfer-Encoding:")),
        ("6.1", get("/", "Transfer-Encoding: \x0bchunked")),
        ("6.1", get("/", "Transfer-Encoding: chunked, chunked")),
        ("6.3", get("/", "Transfer-Encoding: chunked, gzip")),
        ("6.3", get("/", "Transfer-Encoding: identity")),
        *(
            ("6.3", get("/", f"Content-Length: {bad}"))
            for bad in ("+3", "-3", "0x3", "3_0", "3 0", "", "3, 3", "3, 4", "²")
        ),
        ("6.3", get("/", "Content-Length: 3", "Content-Length: 3")),
        # RFC 3986: a percent sign and two hexadecimal digits; no way above the root
        ("2.1 of RFC 3986", get("/%")),
        ("2.1 of RFC 3986", get("/%4")),
        ("2.1 of RFC 3986", get("/%zz")),
        ("5.2.4 of RFC 3986", get("/..")),
        ("5.2.4 of RFC 3986", get("/a/../../b")),
        ("5.2.4 of RFC 3986", get("/%2e%2e/%2E./etc/passwd")),
        ("2.2 of RFC 3986", get("/..%2fetc")),
        ("2.2 of RFC 3986", get("/a%00b")),
        ("2.2 of RFC 3986", get("/a%0d%0aSet-Cookie:x")),
    ],
)
def test_what_breaks_the_grammar_is_a_bad_request(section: str, head: bytes) -> None:
    assert refusal(head) == 400


@pytest.mark.parametrize(
    ("status", "head"),
    [
        (413, get("/", f"Content-Length: {BODY_LIMIT + 1}")),
        (413, get("/", f"Content-Length: {'9' * 5000}")),
        (414, get("/" + "a" * LINE_LIMIT)),
        (413, get("/", f"Content-Length: 000{BODY_LIMIT + 1}")),
        (417, get("/", "Expect: magic")),  # RFC 9110 section 10.1.1
        (417, get("/", 'Expect: a="100-continue"')),
        (431, get("/", *(f"X{i}: y" for i in range(FIELD_LIMIT)))),
        (501, get("/", "Transfer-Encoding: gzip, chunked")),  # 6.1: a coding that is not understood
        (505, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        (505, b"PRI * HTTP/2.0\r\n\r\n"),  # how HTTP/2 begins (RFC 9113 section 3.4)
    ],
)
def test_what_goes_beyond_us_has_its_own_status(status: int, head: bytes) -> None:
    assert refusal(head) == status


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/a/b.html", "/a/b.html"),
        ("/a/", "/a/"),
        ("//a///b", "/a/b"),
        ("/a/./b/../c", "/a/c"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/a%20b%C3%A9", "/a b\u00e9"),
        ("/a%252e", "/a%2e"),  # decoded once
        ("/%2e%2E%2e", "/..."),
        ("/a%ff", "/a\udcff"),
    ],
)
def test_paths(target: str, path: str) -> None:
    assert parse_request(get(target)).path == path


def test_the_absolute_form_names_the_host() -> None:
    request = parse_request(b"GET http://www.nytimes.com:80/a?b HTTP/1.1\r\nHost: other\r\n\r\n")
    assert (request.host, request.path, request.query) == ("www.nytimes.com:80", "/a", "b")
    assert parse_request(b"GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n").path == "/"


@pytest.mark.parametrize(
    "host", ["a", "a:80", "a.b:", "a:00080", "192.31.65.5", "[::1]:80", "[::ffff:1.2.3.4]", "xn--a_b", "a%41"]
)
def test_hosts(host: str) -> None:
    assert parse_request(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).host == host


@pytest.mark.parametrize(
    ("version", "fields", "keep_alive"),
    [  # section 9.3
        ("1.1", (), True),
        ("1.1", ("Connection: close",), False),
        ("1.1", ("Connection: keep-alive, Close",), False),
        ("1.1", ("Connection: x", "Connection: close"), False),
        ("1.0", (), False),
        ("1.0", ("Connection: Keep-Alive",), True),
        ("1.1", ("Connection: ,, close ,",), False),
        ("1.2", (), True),  # a later minor version is served as 1.1 (RFC 9110 section 2.5)
    ],
)
def test_whether_the_connection_stays(version: str, fields: tuple[str, ...], keep_alive: bool) -> None:
    assert parse_request(get("/", *fields, version=version)).keep_alive is keep_alive


def test_a_line_may_end_in_lf_alone() -> None:
    assert parse_request(b"GET /a HTTP/1.0\n\n").path == "/a"
    assert parse_request(b"GET /a HTTP/1.1\nHost: b\r\n\n").host == "b"


def test_an_expectation_in_http_1_0_is_ignored() -> None:
    assert not parse_request(get("/", "Expect: 100-continue", version="1.0")).expects
    assert parse_request(get("/", "Expect: 100-Continue")).expects


def test_9110_10_1_1_an_expectation_is_a_list() -> None:
    assert parse_request(get("/", "Expect: 100-continue", "Expect: ,100-continue")).expects
    assert not parse_request(get("/", "Expect: ,")).expects
    assert refusal(get("/", "Expect: 100-continue, magic")) == 417


class Oracle:
    """What llhttp, Node's parser, says of the same bytes."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.whole = False
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.whole = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.whole = True


TOKEN = st.text("abcXYZ019-_.!", min_size=1, max_size=8)
VALUE = st.text('abc XYZ\t019,;="\u00e9', max_size=12)
BREAK = st.sampled_from([b"", b" ", b"\t", b"\r", b"\n", b"\0", b":", b"\r\n", b"\r\n ", b"\x7f", b",", b"%", b"\xff"])


@settings(max_examples=400)
@given(
    st.sampled_from(["GET", "HEAD", "POST", "DELETE"]),
    st.text("abc/.?=&%20", max_size=12),
    st.lists(st.tuples(TOKEN, VALUE), max_size=4),
    st.integers(0, 200),
    BREAK,
)
@example("GET", "", [("Content-Length", "1"), ("Transfer-Encoding", "chunked")], 0, b"")
def test_what_we_take_llhttp_takes_and_reads_alike(
    method: str, path: str, fields: list[tuple[str, str]], at: int, broken: bytes
) -> None:
    lines = [f"{method} /{path} HTTP/1.1", "Host: a", *(f"{name}: {value}" for name, value in fields), "", ""]
    whole = "\r\n".join(lines).encode("latin-1")
    at = min(at, len(whole) - 4)
    whole = whole[:at] + broken + whole[at:]
    end = whole.index(b"\r\n\r\n") + 4
    try:
        request = parse_request(whole[:end])
    except MessageError:
        return
    if b"\n" in whole[:end].replace(b"\r\n", b""):
        return  # a line of its LF alone: we may take it, llhttp does not
    if request.method not in ("GET", "HEAD", "POST", "DELETE"):
        return  # llhttp refuses methods that it does not know; we read them, and answer 501
    oracle = Oracle(whole[:end])
    assert oracle.whole
    assert oracle.parser.get_method().decode() == request.method
    assert oracle.url.decode() == request.target
    assert oracle.parser.should_keep_alive() == request.keep_alive
    theirs: dict[str, str] = {}
    for name, value in oracle.headers:
        key, text = name.decode().lower(), value.decode("latin-1").strip(" \t")
        theirs[key] = f"{theirs[key]}, {text}" if key in theirs else text
    assert theirs == request.fields


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    for head in (data, get("/") + data, b"GET " + data + b" HTTP/1.1\r\nHost: a\r\n\r\n"):
        try:
            parse_request(head)
        except MessageError as error:
            assert error.status in (400, 413, 414, 417, 431, 501, 505)
