"""The browser for real, over TCP on this machine: against our server, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_answers import PROGRAM, misbehaving, run, told
from http_node import Running, SmallNode

from catenet.nodes.application.http.config import BrowseOptions, WebOptions
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.processes.node_log import NodeLog
from catenet.nodes.services import browse, web


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


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
        *("ftp://a/", "http://", "http://a b/", "http://u@a/", "http://a:99999/", "http://a..b/", "http://a/\x1b"),
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


def test_a_reader_that_goes_away_ends_it_without_a_word(site: tuple[str, SmallNode]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run([*PROGRAM, site[0]], stdout=gone, stderr=subprocess.PIPE, timeout=200, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


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
