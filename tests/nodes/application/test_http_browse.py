"""The browser for real, over TCP on this machine: against our server, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from http_node import Running, SmallNode

from catenet.nodes.application.http.config import BrowseOptions, WebOptions
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.nodes.services import browse, web
from catenet.nodes.services.browse_fetch import FetchError, Fetching, fetch, parse_url
from catenet.nodes.services.browse_program import render
from catenet.nodes.services.node_log import NodeLog

PROGRAM = [sys.executable, "-I", "-m", "catenet.nodes.services.browse_program"]
Events = list[tuple[str, Mapping[str, Json]]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(environment or {})}
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, timeout=200, check=False, env=environment
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, SmallNode]]:
    root = tmp_path / "pages" / "dragon"
    (root / "private").mkdir(parents=True)
    (root / "sub").mkdir()
    (root / "index.html").write_text("<title>Dragon</title><h1>Dragon</h1><p><a href=how.html>How</a>")
    (root / "sub" / "index.html").write_text("<p>sub")
    (root / "long.txt").write_text("a long line\n" * 100_000)
    port = free_port()
    with Running(SmallNode(tmp_path), web.serve, WebOptions(root="dragon", port=port)) as node:
        yield f"http://127.0.0.1:{port}", node


@contextmanager
def misbehaving(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(200)


def told(url: str, timeout: float = 200.0) -> tuple[object, Events]:
    events: Events = []
    try:
        return fetch(url, timeout, tell=lambda kind, _, data: events.append((kind, data)), fetching=Fetching()), events
    except FetchError as error:
        return error, events


def test_the_page_and_its_steps(site: tuple[str, SmallNode]) -> None:
    url, node = site
    done = run(f"{url}/")
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"{url}/ is at 127.0.0.1" in done.stdout
    assert "200 OK, text/html; charset=utf-8, 63 bytes" in done.stdout
    assert f"Dragon\n\n[1] How\n\n[1] {url}/how.html\n" in done.stdout
    assert [report.kind for report in node.log] == ["http.request", "http.response"]
    shown = node.shows["web"]()
    assert isinstance(shown, dict)
    assert shown["statuses"] == {"200": 1}


def test_json_and_the_servers_word_agree(site: tuple[str, SmallNode]) -> None:
    url, node = site
    page = json.loads(run("--json", f"{url}/").stdout)
    assert (page["status"], page["reason"], page["bytes"], page["title"]) == (200, "OK", 63, "Dragon")
    assert page["links"] == [f"{url}/how.html"]
    assert set(page["ms"]) == {"resolve", "connect", "first_byte", "total"}
    assert page["ms"]["total"] >= page["ms"]["connect"] >= 0
    request, response = (report.data for report in node.log)
    assert request["source"] == response["destination"] == page["source"]
    assert request["destination"] == response["source"] == page["destination"] == url.removeprefix("http://")


@pytest.mark.parametrize(("path", "status"), [("/private/", 403), ("/missing", 404)])
def test_an_error_status_is_exit_1(site: tuple[str, SmallNode], path: str, status: int) -> None:
    done = run("--json", site[0] + path)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (1, status)


@pytest.mark.parametrize(
    "url",
    [
        *("https://a/", "http://", "http://a b/", "http://u@a/", "http://a:99999/", "http://a..b/", "http://a/\x1b"),
        *("http://[::1]/", "http://0x7f.1/", "http://127.1/", "http://2130706433/", "http://a:0/", "javascript://a/"),
    ],
)
def test_a_url_that_is_none_is_exit_2(url: str) -> None:
    done = run(url)
    assert done.returncode == 2
    assert repr(url) in done.stderr


@pytest.mark.parametrize("option", [("--timeout", "5"), ("--width", "3"), ("--timeout", "0s")])
def test_a_bad_option_is_exit_2(option: tuple[str, str]) -> None:
    done = run(*option, "http://a/")
    assert done.returncode == 2
    assert option[0].removeprefix("--") in done.stderr


def test_no_way_to_the_server_is_exit_4() -> None:
    done = run("--json", f"127.0.0.1:{free_port()}")
    assert done.returncode == 4
    assert json.loads(done.stdout)["step"] == "connect"
    assert "Connection refused" in done.stderr


def test_the_labs_options_are_the_programs(site: tuple[str, SmallNode]) -> None:
    config = NodeConfig(lab="l", node="n", interfaces=(), services={"browse": {"width": 5}})
    done = run(site[0], environment={CONFIG_VARIABLE: config.to_json()})
    assert (done.returncode, "width 5" in done.stderr) == (2, True)


def test_a_redirect_is_followed_and_told(site: tuple[str, SmallNode]) -> None:
    url, _ = site
    fetched, events = told(f"{url}/sub")
    assert fetched.url == f"{url}/sub/"  # type: ignore[attr-defined]
    assert [(kind, data.get("path"), data.get("status")) for kind, data in events] == [
        ("http.request", "/sub", None),
        ("http.response", None, 301),
        ("http.request", "/sub/", None),
        ("http.response", None, 200),
    ]


def test_a_long_page_is_cut(site: tuple[str, SmallNode]) -> None:
    fetched, _ = told(f"{site[0]}/long.txt")
    assert len(fetched.content) == 1_048_576  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "step"),
    [
        (b"", "answer"),
        (b"SSH-2.0-OpenSSH\r\n", "answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, "answer"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://a/\r\nContent-Length: 0\r\n\r\n", "redirect"),
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


def test_a_silent_server_ends_in_time() -> None:
    def talk(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    with misbehaving(talk) as url:
        done = run("--timeout", "1s", url)
    assert done.returncode == 4
    assert "waiting for the answer of 127.0.0.1" in done.stderr


def test_one_slow_byte_after_the_other_ends_in_time() -> None:
    def talk(connection: socket.socket) -> None:
        connection.settimeout(0.05)
        try:
            while True:
                connection.sendall(b"H")
                try:
                    if not connection.recv(4096):
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    with misbehaving(talk) as url:
        assert run("--timeout", "500ms", url).returncode == 4


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"".join(answers))

    return talk


def test_9110_15_2_early_hints_are_not_the_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with misbehaving(answering(early, early, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) as url:
        fetched, events = told(url)
    assert (fetched.status, fetched.content) == (200, b"hello")  # type: ignore[attr-defined]
    assert [data.get("status") for _, data in events] == [None, 200]


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
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk b'zz': its size is not a hexadecimal number"),
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
    coded = gzip.compress(b"<title>t</title><p>hello")
    assert page_of("text/html", coded, b"Content-Encoding: gzip") == ("hello", "t")
    text, _ = page_of("text/html", b"hello", b"Content-Encoding: br")
    assert text == "[5 bytes of content: the coding 'br' is not known here]"
    text, _ = page_of("text/plain", gzip.compress(b"a" * 50_000_000), b"Content-Encoding: gzip")
    assert "[only the first 1048576 bytes were read]" in text


def test_what_a_server_says_cannot_command_the_terminal() -> None:
    hostile = "\u009b31m\u202e".encode()
    head = b"HTTP/1.0 200 " + hostile + b"\r\nX-" + b": " + hostile + b"\r\nContent-Type: text/" + hostile + b"\r\n\r\n"
    with misbehaving(answering(head + b"\x1b[2J" + hostile)) as url:
        done = run(url)
    assert done.returncode == 0
    assert all(line.isprintable() for line in done.stdout.split("\n"))


def test_a_reader_that_goes_away_ends_it_without_a_word(site: tuple[str, SmallNode]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run([*PROGRAM, site[0]], stdout=gone, stderr=subprocess.PIPE, timeout=200, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


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


def test_words_for_the_nodes_log_arrive_and_nobody_there_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "door"
    with NodeLog("browse", str(path)) as log:
        log.report("http.request", "nobody listens", {})
    asked: list[Question] = []

    def listen(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                asked.append(Question.parse(stream.readline()))
                stream.write(bytes(Answer()))

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=listen, args=(listener,))
        thread.start()
        with NodeLog("browse", str(path)) as log:
            log.report("http.request", "one", {"path": "/"})
            log.report("http.response", "two", {"status": 200})
        thread.join(200)
    assert [(q.ask, q.arguments["kind"], q.arguments["data"]) for q in asked] == [
        ("report", "http.request", {"path": "/"}),
        ("report", "http.response", {"status": 200}),
    ]


def test_the_service_answers_with_a_page(site: tuple[str, SmallNode]) -> None:
    url, node = site

    async def ask() -> None:
        serving = asyncio.ensure_future(browse.serve(node, BrowseOptions(timeout=200.0)))  # type: ignore[arg-type]
        while "browse" not in node.answers:
            await asyncio.sleep(0)
        pages = await asyncio.gather(*(node.answers["browse"]({"url": url}) for _ in range(2)))
        assert [page["title"] for page in pages] == ["Dragon", "Dragon"]
        failed = await node.answers["browse"]({"url": f"http://127.0.0.1:{free_port()}/"})
        assert failed["step"] == "connect"
        for wrong in ({}, {"url": 3}, {"url": "a\0b"}, {"url": "\ud800"}, {"url": "a" * 200_000}):
            with pytest.raises(ValueError, match="url"):
                await node.answers["browse"](wrong)
        shown = node.shows["browse"]()
        assert [page.get("status", "none") for page in shown] == [200, 200, "none"]
        serving.cancel()

    asyncio.run(ask())


class TestOurServerForReal:
    """Over the runtime's TCP, with Python's own client."""

    def connect(self, site: tuple[str, SmallNode]) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(site[0].removeprefix("http://"), timeout=200)

    def test_one_connection_for_many_requests(self, site: tuple[str, SmallNode]) -> None:
        client = self.connect(site)
        for path, status in (("/", 200), ("/missing", 404), ("/long.txt", 200), ("/sub", 301)):
            client.request("GET", path)
            response = client.getresponse()
            body = response.read()
            assert (response.status, len(body)) == (status, int(response.headers["Content-Length"]))
        assert len({report.data["source"] for report in site[1].log if report.kind == "http.request"}) == 1
        client.close()

    def test_an_upload_beyond_the_limit_still_gets_its_answer(self, site: tuple[str, SmallNode]) -> None:
        client = self.connect(site)
        client.putrequest("POST", "/")
        client.putheader("Content-Length", "5000000")
        client.endheaders()
        client.send(b"x" * 100_000)
        assert client.getresponse().status == 413
        client.close()

    def test_a_slow_reader_gets_all_of_a_long_page(self, site: tuple[str, SmallNode]) -> None:
        host, port = site[0].removeprefix("http://").split(":")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(200)
            client.connect((host, int(port)))
            client.sendall(b"GET /long.txt HTTP/1.0\r\n\r\n")
            received = 0
            while data := client.recv(3000):
                received += len(data)
        assert received > 1_200_000
