"""What a browser gets: a server's answer over a real connection, pages as text, addresses of pages."""

from __future__ import annotations

import json
import socket
from io import BytesIO
from typing import Any, Self
from unittest.mock import patch

from fuzz_target import Target

from catenet.nodes.application.http.date import format_date, parse_date
from catenet.nodes.application.http.render import Rendered, render_html, render_text
from catenet.nodes.programs.browse import _lines, _whole, render
from catenet.nodes.programs.fetch import Fetched, FetchError, Fetching, fetch, parse_url

WIDTH = 72
PATIENCE = 30.0


class _Connection:
    """To a server that says the same to whoever comes, and hangs up. It has no socket: nothing leaves the process."""

    def __init__(self, data: bytes) -> None:
        self._left = BytesIO(data)
        self.recv = self._left.read

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def sendall(self, data: bytes) -> None:
        assert data.endswith(b"\r\n\r\n")

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 40_000

    def getpeername(self) -> tuple[str, int]:
        return "127.0.0.1", 80


def _resolve(*_: object) -> list[Any]:
    """Wherever a redirect leads, it is the same server."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]


def _fetch(data: bytes) -> Fetched:
    def connect(*_: object) -> _Connection:
        return _Connection(data)

    with patch.object(socket, "getaddrinfo", _resolve), patch.object(socket, "create_connection", connect):
        return fetch("http://dragon/", PATIENCE, tell=lambda *_: None, fetching=Fetching())


def _check_fetched(fetched: Fetched) -> None:
    rendered = render(fetched, WIDTH)
    _check_text(rendered)
    json.dumps(_whole(fetched, rendered), allow_nan=False)
    for line in "\n".join(_lines(fetched, rendered)).split("\n"):
        assert line.isprintable()


def _check_text(rendered: Rendered) -> None:
    assert rendered.title.isprintable()
    for line in rendered.text.split("\n"):
        assert line.isprintable()
    for link in rendered.links:
        assert link.isprintable()


_HEADS = (
    *(
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
        "Location: //b:99/",
        "Location: http://[::1]/",
    ),
    *("Content-Type: text/html; charset=", "utf-8", "iso-8859-1", "utf-16", "idna", '"', ";", "Content-Length: 5\r\n"),
    *(
        "Transfer-Encoding: chunked\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "Content-Encoding: gzip\r\n",
        "HTTP/1.1 103 Early\r\n\r\n",
    ),
    *(
        "\r\n\r\n",
        "\r\n ",
        "Set-Cookie: a=b\r\n",
        "text/plain",
        "application/json",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.0 204",
    ),
)
_TAGS = (
    *(
        "<p>",
        "<a href='x'>",
        "</a>",
        "<pre>",
        "</pre>",
        "<ul><li>",
        "</ul>",
        "<ol>",
        "<table><tr><td>",
        "<title>",
        "<script>",
    ),
    *(
        "</script>",
        "<style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE html>",
        "<?",
        "<img alt='x'>",
        "<br>",
        "<hr>",
        "&amp;",
    ),
    *(
        "&#0;",
        "&#x110000;",
        "&",
        "<base href='/d/'>",
        "<meta charset=latin-1>",
        "<a href='http://[::1'>",
        "\x1b[2J",
        "\u202e",
        "<",
    ),
    *(
        '<a href="javascript:x">',
        "<blockquote>",
        "<textarea>",
        "<template>",
        "</",
        "<x ",
        "='",
        '="',
        "\0",
        "\u00a0",
        "\u2028",
    ),
)
answer = Target(_fetch, (FetchError,), _check_fetched, words=(*_HEADS, *_TAGS), longest=8192)


def _html(data: bytes) -> Rendered:
    return render_html(data.decode(errors="replace"), "http://dragon/a/b", WIDTH)


def _check_html(rendered: Rendered) -> None:
    _check_text(rendered)
    assert all(link.startswith(("http:", "https:")) for link in rendered.links)


page = Target(
    _html,
    (),
    _check_html,
    seeds=("labs/*/pages/**/*.html",),
    words=_TAGS,
    longest=8192,
    milliseconds=150,
    per_kilobyte=100,
)


def _plain(data: bytes) -> Rendered:
    return render_text(data.decode(errors="replace"))


plain = Target(
    _plain, (), _check_text, words=("\t", "\r", "\n", "\x0c", "\u2028", "\x85", "\x1b[2J", "\u202e"), longest=8192
)


def _address(data: bytes) -> Any:
    return parse_url(data.decode("utf-8", "surrogateescape"))


def _check_address(parts: Any) -> None:
    assert parse_url(str(parts)) == parts
    assert parts.scheme in ("http", "https")
    assert all("!" <= character <= "~" for character in str(parts))


address = Target(
    _address,
    (FetchError,),
    _check_address,
    words=(
        "http://",
        "https://",
        "a.b/",
        ":80",
        ":0",
        ":99999",
        "[::1]",
        "@",
        "#",
        "?",
        "%",
        "\u00fc",
        "\u3002",
        "xn--",
        "//",
        "\\",
        "\t",
    ),
    longest=600,
)


def _date(data: bytes) -> None:
    seconds = parse_date(data.decode("latin-1"), 784111777.0)
    if seconds is not None:
        assert parse_date(format_date(seconds), 784111777.0) == seconds


date = Target(
    _date,
    words=(
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "0000",
        "9999",
        "60",
    ),
    longest=64,
)
