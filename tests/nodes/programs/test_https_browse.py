"""The browser over TLS, for real: to our server, with certificates good and wrong, and to servers that misbehave."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from http_answers import misbehaving, run
from http_node import Running, SmallNode

from catenet.nodes.address import Address
from catenet.nodes.application.http.config import WebOptions
from catenet.nodes.control.certificate import Certificate, Tls
from catenet.nodes.runtime.tls import server_context
from catenet.nodes.services import web
from catenet.orchestrator.plan.authority import certify, trusted

HERE = (Address.parse("127.0.0.1"),)


def certificate(kind: Tls = "on") -> Certificate:
    return certify("lab", "localhost", HERE, "web", kind)


@pytest.fixture
def trust(tmp_path: Path) -> dict[str, str]:
    """The environment of a program that trusts the lab's authority, and no other."""
    file = tmp_path / "authority.pem"
    file.write_text(trusted("lab"))
    return {"SSL_CERT_FILE": str(file), "SSL_CERT_DIR": str(tmp_path / "none")}


@contextmanager
def serving(folder: Path, kind: Tls) -> Iterator[tuple[int, SmallNode]]:
    (folder / "pages" / "shop").mkdir(parents=True)
    (folder / "pages" / "shop" / "index.html").write_text("<title>Shop</title><p>Open")
    (folder / "pages" / "shop" / "long.txt").write_text("a long line\n" * 50_000)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    node = SmallNode(folder)
    node.told = certificate(kind).to_json()
    with Running(node, web.serve, WebOptions(root="shop", port=port, tls=kind)):
        yield port, node


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_by_https(host: str, tmp_path: Path, trust: dict[str, str]) -> None:
    with serving(tmp_path, "on") as (port, node):
        done = run("--json", f"https://{host}:{port}/", environment=trust)
        page = json.loads(done.stdout)
        assert (done.returncode, page["status"], page["text"]) == (0, 200, "Open")
        assert page["tls"] == {"version": "TLSv1.3", "authority": "Authority of lab", "until": "2049-12-31"}
        assert list(page["ms"]) == ["resolve", "connect", "tls", "first_byte", "total"]
        assert sum(page["ms"].values()) <= 2 * page["ms"]["total"] + 1
        shown = run(f"https://{host}:{port}/", environment=trust).stdout
        assert "TLSv1.3; Authority of lab certifies it till 2049-12-31" in shown
        assert [report.kind for report in node.log] == ["http.request", "http.response"] * 2


def test_a_long_page_is_the_same_by_https(tmp_path: Path, trust: dict[str, str]) -> None:
    with serving(tmp_path, "on") as (port, _):
        page = json.loads(run("--json", f"https://localhost:{port}/long.txt", environment=trust).stdout)
    assert page["bytes"] == 600_000


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "the certificate of localhost (expired on 2021-01-01|has expired)$"),
        ("wrong-name", "the certificate is for (other.invalid|somebody else), not for localhost$"),
        ("stranger", "is signed by (Stranger to lab, )?an authority that this node does not trust$"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused_and_the_user_told_why(
    kind: Tls, words: str, tmp_path: Path, trust: dict[str, str]
) -> None:
    with serving(tmp_path, kind) as (port, node):
        done = run("--json", f"https://localhost:{port}/", environment=trust)
    refused = json.loads(done.stdout)
    assert (done.returncode, refused["step"]) == (4, "tls")
    assert re.search(words, refused["error"])
    (report,) = node.log
    assert (report.kind, node.counters["tls_refused"]) == ("input.refused", 1)


def test_without_trust_in_the_authority_a_good_one_is_refused_too(tmp_path: Path, trust: dict[str, str]) -> None:
    (tmp_path / "authority.pem").write_text(trusted("another"))
    with serving(tmp_path, "on") as (port, _):
        done = run(f"https://localhost:{port}/", environment=trust)
    assert (done.returncode, "does not trust" in done.stderr) == (4, True)


def test_9112_9_6_a_last_answer_arrives_though_the_peer_still_sends(tmp_path: Path) -> None:
    with serving(tmp_path, "on") as (port, node):
        context = ssl.create_default_context(cadata=trusted("lab"))
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as peer,
        ):
            peer.settimeout(200)
            peer.sendall(b"no request\r\n\r\n" + bytes(500_000))
            said = b""
            while piece := peer.recv(65_536):  # to the close_notify: without it this raises
                said += piece
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.endswith(b"</h1>\n")
    assert "tls_refused" not in node.counters


def over_tls(talk: Callable[[ssl.SSLSocket], None]) -> Callable[[socket.socket], None]:
    def begin(connection: socket.socket) -> None:
        with server_context(certificate()).wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            talk(secured)

    return begin


def half(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf of it")


def whole(connection: ssl.SSLSocket) -> None:
    half(connection)
    connection.unwrap()


def test_8446_6_1_a_page_that_ends_with_the_connection_ends_with_a_close_notify(trust: dict[str, str]) -> None:
    """Anybody on the way can end a TCP connection: without the server's word the page may be cut short."""
    with misbehaving(over_tls(whole)) as url:
        done = run(url.replace("http:", "https:"), environment=trust)
    assert (done.returncode, done.stdout.rstrip().endswith("half of it")) == (0, True)
    with misbehaving(over_tls(half)) as url:
        done = run("--json", url.replace("http:", "https:"), environment=trust)
    refused = json.loads(done.stdout)
    assert (done.returncode, refused["step"]) == (4, "answer")
    assert refused["error"].endswith("without TLS's close_notify: what came may be cut short")


def older(connection: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_side=True)


def plain(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def silent(connection: socket.socket) -> None:
    connection.recv(4096)


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (older, "the server speaks no TLS 1.3"),
        (plain, "what answers there speaks no TLS; is it http://?"),
        (silent, "the server ended the connection within the handshake"),
    ],
)
def test_a_server_without_tls_1_3(talk: Callable[[socket.socket], None], words: str, trust: dict[str, str]) -> None:
    with misbehaving(talk) as url:
        done = run("--json", url.replace("http:", "https:"), environment=trust)
    refused = json.loads(done.stdout)
    assert (done.returncode, refused["step"]) == (4, "tls")
    assert refused["error"].endswith(words)
