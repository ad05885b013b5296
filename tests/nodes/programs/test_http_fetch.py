"""What the browser makes of an answer: interim responses, redirects, types, character sets, and what is broken."""

from __future__ import annotations

import gzip
import socket
import threading

import pytest
from http_answers import answering, misbehaving, run, told

from catenet.nodes.programs.browse import render
from catenet.nodes.programs.fetch import FetchError, parse_url


@pytest.mark.parametrize(
    ("sent", "step"),
    [
        (b"", "answer"),
        (b"SSH-2.0-OpenSSH\r\n", "answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, "answer"),
        (b"HTTP/1.1 301 Moved\r\nLocation: ftp://a/\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"HTTP/1.1 301 Moved\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", "redirect"),
    ],
)
def test_servers_that_misbehave(sent: bytes, step: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(sent)

    with misbehaving(talk) as url:
        error, _ = told(url)
    assert isinstance(error, FetchError)
    assert error.step == step


def test_9110_15_2_early_hints_are_not_the_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with misbehaving(answering(early, early, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as url:
        fetched, events = told(url)
    assert (fetched.status, fetched.content) == (200, b"hello")  # type: ignore[attr-defined]
    assert [data.get("status") for _, data in events] == [None, 200]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://a:443/x", "https://a/x"),
        ("https://a:80/", "https://a:80/"),
        ("http://a:443/", "http://a:443/"),
        ("HTTPS://A.example", "https://a.example/"),
        ("a.example", "http://a.example/"),
    ],
)
def test_9110_4_2_each_scheme_has_its_port(typed: str, meant: str) -> None:
    assert str(parse_url(typed)) == meant


@pytest.mark.parametrize(
    ("location", "asked"),
    [  # RFC 9110 section 10.2.2: a reference, resolved against the URI that was asked for
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/caf\xe9", "/caf%E9"),
        (b"/a b?c d", "/a%20b?c%20d"),
        (b"?x=1", "/a/b?x=1"),
        (b"../c", "/c"),
        (b"d#frag", "/a/d"),
        (b"http:/e", "/e"),
        (b"/100%", "/100%25"),
    ],
)
def test_9110_10_2_2_where_a_redirect_leads(location: bytes, asked: str) -> None:
    targets: list[str] = []

    def serve(listener: socket.socket) -> None:
        for head in (b"302 Found\r\nLocation: " + location, b"200 OK"):
            connection, _ = listener.accept()
            with connection:
                targets.append(connection.recv(4096).split(b" ")[1].decode())
                connection.sendall(b"HTTP/1.1 " + head + b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        fetched, events = told(f"http://127.0.0.1:{listener.getsockname()[1]}/a/b")
        thread.join(200)
    assert targets == ["/a/b", asked]
    assert fetched.status == 200  # type: ignore[attr-defined]
    assert [data["path"] for kind, data in events if kind == "http.request"] == targets  # what is told is what was sent


@pytest.mark.parametrize(
    "location", [b"http://u@a/", b"javascript:1", b"http://[::1]/", b"http://127.1/", b"http://a:0/", b"http:///x"]
)
def test_a_redirect_that_cannot_be_followed_is_an_error(location: bytes) -> None:
    with misbehaving(
        answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")
    ) as url:
        error, _ = told(url)
    assert isinstance(error, FetchError)
    assert error.step == "redirect"
    assert "leads to what cannot be fetched" in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk b'zz': no hexadecimal size"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", "the connection ended, and its last chunk should have come"),
        (b"Content-Length: 9\r\n\r\nshort", "the connection ended, and 4 bytes more should have come"),
    ],
)
def test_a_broken_answer_is_told_in_the_protocols_words(answer: bytes, words: str) -> None:
    with misbehaving(answering(b"HTTP/1.1 200 OK\r\n" + answer)) as url:
        done = run(url)
    assert (done.returncode, done.stdout) == (4, "")
    assert words in done.stderr
    assert "Error" not in done.stderr


def page_of(content_type: str, content: bytes, *fields: bytes) -> tuple[str, str]:
    head = b"".join(
        field + b"\r\n" for field in (b"HTTP/1.0 200 OK", b"Content-Type: " + content_type.encode(), *fields)
    )
    with misbehaving(answering(head, b"\r\n", content)) as url:
        fetched, _ = told(url)
    rendered = render(fetched, 72)  # type: ignore[arg-type]
    return rendered.text, rendered.title


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/html; Charset=iso-8859-1", b"<p>caf\xe9", "caf\u00e9"),
        ("text/html; charset=iso-8859-1; profile=x", b"<p>caf\xe9", "caf\u00e9"),
        ("text/html", b"<meta charset=iso-8859-1><p>caf\xe9", "caf\u00e9"),
        ("text/html", b"\xef\xbb\xbf<p>caf\xc3\xa9", "caf\u00e9"),
        ("text/html; charset=koi9", b"<p>caf\xc3\xa9", "[charset 'koi9' is not known here: read as utf-8]\ncaf\u00e9"),
        (
            "text/plain",
            b"\x1b[31mred\x9b",
            "[no charset is given and it is no utf-8: read as windows-1252]\n[31mred\u203a",
        ),
        ("image/png", b"\x89PNG", "[image/png, 4 bytes]"),
        ("text/plain, text/html", b"<p>two", "two"),  # 8.3: the last member, where it came twice
    ],
)
def test_9110_8_3_the_type_of_a_page(content_type: str, content: bytes, text: str) -> None:
    assert page_of(content_type, content)[0] == text


def test_9110_8_4_a_coding_that_was_not_asked_for() -> None:
    coded = gzip.compress(b"<title>t</title><p>hello", mtime=0)
    assert page_of("text/html", coded, b"Content-Encoding: gzip") == ("hello", "t")
    text, _ = page_of("text/html", b"hello", b"Content-Encoding: br")
    assert text == "[5 bytes of content: the coding 'br' is not known here]"
    text, _ = page_of("text/plain", gzip.compress(b"a" * 50_000_000, mtime=0), b"Content-Encoding: gzip")
    assert "[only the first 1048576 bytes were read]" in text


def test_what_a_server_says_cannot_command_the_terminal() -> None:
    hostile = "\u009b31m\u202e".encode()
    head = b"HTTP/1.0 200 " + hostile + b"\r\nX-" + b": " + hostile + b"\r\nContent-Type: text/" + hostile + b"\r\n\r\n"
    with misbehaving(answering(head + b"\x1b[2J" + hostile)) as url:
        done = run(url)
    assert done.returncode == 0
    assert all(line.isprintable() for line in done.stdout.split("\n"))


def test_a_charset_that_python_alone_knows_is_utf_8() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain; charset=punycode\r\n\r\n\xc3\xa9")

    with misbehaving(talk) as url:
        fetched, _ = told(url)
    assert fetched.page == "\u00e9"  # type: ignore[attr-defined]


def test_a_type_that_a_terminal_would_obey_is_cleaned() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/\x9b2J\r\n\r\nhi")

    with misbehaving(talk) as url:
        fetched, _ = told(url)
    assert render(fetched, 72).text == "[image/2j, 2 bytes]"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("dragon", "http://dragon/"),
        ("HTTP://Dragon.CS.uiuc.edu:80/a?b#c", "http://dragon.cs.uiuc.edu/a?b"),
        ("http://a:8080", "http://a:8080/"),
        ("a:080/?", "http://a/?"),
        ("a/?u=http://b/", "http://a/?u=http://b/"),
        ("a/b c/\u00e9?d e", "http://a/b%20c/%C3%A9?d%20e"),
        ("1.2.3.4", "http://1.2.3.4/"),
        ("b\u00fccher.example", "http://xn--bcher-kva.example/"),  # RFC 3492's own example of a name
    ],
)
def test_what_may_be_typed(typed: str, url: str) -> None:
    assert str(parse_url(typed)) == url
