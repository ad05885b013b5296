"""One fetch, step by step: the name is resolved, a connection is opened, a page is asked for and read.

The library resolves names by itself, but it would not tell when, and it might ask for IPv6 addresses too. So the name
is resolved here (one A question, or none where /etc/hosts knows it), and the library is given the address.
"""

from __future__ import annotations

import codecs
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from catenet import __version__
from catenet.nodes.machine import Json

__all__ = ["FetchError", "Fetched", "Fetching", "fetch", "parse_url"]

_CONTENT_LIMIT = 1_048_576  # bytes of a page that are read
_REDIRECTS = 5
_CHARSETS = frozenset(("utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"))

# Without compression the page can be read in a capture.
_FIELDS = {"User-Agent": f"Catenet/{__version__}", "Accept": "text/html, */*", "Accept-Encoding": "identity"}

Tell = Callable[[str, str, Mapping[str, Json]], None]
"""Told of an event: its kind, its text, its data (control/events.py)."""


class FetchError(Exception):
    """No page. `step` is where it ended: url, resolve, connect, answer, redirect."""

    def __init__(self, step: str, text: str) -> None:
        super().__init__(text)
        self.step = step


@dataclass(slots=True)
class Fetching:
    """How far a fetch has come, for whoever waits for it: the step, and that step in words."""

    step: str = "url"
    doing: str = "reading the URL"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status. `ms` are milliseconds: resolve, connect, first_byte, total."""

    url: str
    address: str
    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes
    ms: Mapping[str, float]
    source: str
    destination: str

    @property
    def media_type(self) -> str:
        """Of the content, in lower case and without parameters; "" where the server did not say."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def page(self) -> str:
        """The content as text."""
        _, _, charset = self.headers.get("Content-Type", "").partition("charset=")
        return self.content.decode(_codec(charset.strip("\"' ")), errors="replace")


def _codec(charset: str) -> str:
    # Only the usual ones: Python has others that are no character sets, or slow on purpose-made bytes.
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return name if name in _CHARSETS else "utf-8"


def parse_url(url: str) -> SplitResult:
    """What the user typed → the parts of an http URL; `http://` may be left out.

    Raises:
        FetchError: what is wrong with it.

    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # UnicodeError too: a label that no name can have
        raise FetchError("url", f"url {url!r}: {error}") from None
    if parts.scheme != "http":
        raise FetchError("url", f"url {url!r}: only http:// can be fetched here, not {parts.scheme}://")
    if not host or port == 0 or not url.isprintable() or " " in url or "@" in parts.netloc:
        raise FetchError("url", f"url {url!r} is no address of a page; write it like http://dragon.cs.uiuc.edu/")
    host = f"[{host}]" if ":" in host else host  # RFC 3986 section 3.2.2: IP-literal = "[" IPv6address "]"
    return parts._replace(netloc=host if port in (None, 80) else f"{host}:{port}", path=parts.path or "/", fragment="")


def fetch(url: str, timeout: float, *, tell: Tell, fetching: Fetching) -> Fetched:
    """Fetch a page, over up to five redirects. `timeout` is in seconds, for each step.

    Raises:
        FetchError: no page; which step failed, and why.

    """
    for _ in range(_REDIRECTS + 1):
        parts = parse_url(url)
        fetched = _Hop(parts, tell, fetching).fetch(timeout)
        location = fetched.headers.get("Location")
        if fetched.status not in (301, 302, 303, 307, 308) or not location:
            return fetched
        try:
            url = urljoin(parts.geturl(), location)
            parse_url(url)
        except (FetchError, ValueError) as error:
            raise FetchError("redirect", f"{parts.geturl()} leads to what cannot be fetched: {error}") from None
    raise FetchError("redirect", f"more than {_REDIRECTS} redirects, the last to {url}")


class _Hop:
    """One question to one server."""

    def __init__(self, parts: SplitResult, tell: Tell, fetching: Fetching) -> None:
        self._parts = parts
        self._tell = tell
        self._fetching = fetching
        self._port = parts.port or 80
        self._times = [time.monotonic()]  # at the beginning, and behind each step
        self._ends: dict[str, Json] = {}  # of the request

    def fetch(self, timeout: float) -> Fetched:
        with _adapter(self._connected) as adapter:
            *others, last = self._resolve()
            for address in others:
                try:
                    return self._ask(adapter, address, timeout)
                except FetchError as error:
                    if error.step != "connect":
                        raise
            return self._ask(adapter, last, timeout)

    def _resolve(self) -> list[str]:
        host = str(self._parts.hostname)
        self._fetching.step, self._fetching.doing = "resolve", f"resolving {host}"
        try:
            found = socket.getaddrinfo(host, self._port, socket.AF_INET, socket.SOCK_STREAM)
        except socket.gaierror as error:
            words = {socket.EAI_NONAME: "there is no such name", socket.EAI_AGAIN: "no name server gave an answer"}
            raise FetchError("resolve", f"{host}: {words.get(error.errno or 0, error.strerror)}") from None
        self._times.append(time.monotonic())
        return [str(name[0]) for *_, name in found]

    def _ask(self, adapter: HTTPAdapter, address: str, timeout: float) -> Fetched:
        del self._times[2:]
        self._fetching.step, self._fetching.doing = "connect", f"connecting to {address}:{self._port}"
        url = self._parts._replace(netloc=f"{address}:{self._port}").geturl()
        try:
            # The adapter alone: a session would look at proxies and redirects by itself.
            request = requests.Request("GET", url, headers={"Host": self._parts.netloc, **_FIELDS}).prepare()
            response = adapter.send(request, stream=True, timeout=timeout)
            self._times.append(time.monotonic())
            content = _content(response)
        except requests.RequestException as error:
            raise FetchError(self._fetching.step, f"{self._fetching.doing}: {_why(error)}") from None
        self._times.append(time.monotonic())
        return self._answered(address, response, content)

    def _connected(self, connection: socket.socket) -> None:
        """The connection stands; the request goes out next."""
        self._times.append(time.monotonic())
        source, destination = (f"{name[0]}:{name[1]}" for name in (connection.getsockname(), connection.getpeername()))
        self._fetching.step, self._fetching.doing = "answer", f"waiting for the answer of {destination}"
        self._ends = {"source": source, "destination": destination}
        path = self._parts._replace(scheme="", netloc="").geturl()
        data = {"method": "GET", "path": path, "host": self._parts.netloc, **self._ends}
        self._tell("http.request", f"GET {path} to {destination}", data)

    def _answered(self, address: str, response: requests.Response, content: bytes) -> Fetched:
        source, destination = str(self._ends["source"]), str(self._ends["destination"])
        data: dict[str, Json] = {"status": response.status_code, "bytes": len(content)}
        data |= {"type": response.headers.get("Content-Type", ""), "source": destination, "destination": source}
        reason = response.reason or ""
        self._tell("http.response", f"{response.status_code} {reason}, {len(content)} bytes, from {destination}", data)
        began, resolved, connected, answered, ended = self._times
        ms = {
            "resolve": resolved - began,
            "connect": connected - resolved,
            "first_byte": answered - connected,
            "total": ended - began,
        }
        return Fetched(
            url=self._parts.geturl(),
            address=address,
            status=response.status_code,
            reason=reason,
            headers=dict(response.headers),
            content=content,
            ms={step: round(seconds * 1000, 1) for step, seconds in ms.items()},
            source=source,
            destination=destination,
        )


def _adapter(connected: Callable[[socket.socket], None]) -> closing[HTTPAdapter]:
    """The library's way to a server, with a word in between once the connection stands."""

    class Connection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": Pool}

    return closing(Adapter())


def _content(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(65_536):
        content += piece
        if len(content) > _CONTENT_LIMIT:
            response.close()
            break
    return bytes(content[:_CONTENT_LIMIT])


def _why(error: BaseException) -> str:
    """In the system's words where it is the system that refused, else in the library's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        reason = next((each for each in cause.args if isinstance(each, BaseException)), None)
        cause = reason or getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
    return "no answer in time" if isinstance(error, requests.Timeout) else f"{type(error).__name__}: {error}"
