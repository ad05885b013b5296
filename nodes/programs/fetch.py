"""One fetch, step by step: the name is resolved, a connection is opened (by TLS or not), a page asked for and read."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from catenet import __version__
from catenet.nodes.address import Address
from catenet.nodes.application.http.client import ResponseReader
from catenet.nodes.application.http.content import Text, decode, text_of
from catenet.nodes.application.http.fields import MessageError, by_name, members, with_parameters
from catenet.nodes.application.http.message import Request, Response
from catenet.nodes.application.http.uri import Authority, Uri, escape
from catenet.nodes.machine import Json

if TYPE_CHECKING:
    from catenet.nodes.programs.secure import Proof, Secured

__all__ = ["FetchError", "Fetched", "Fetching", "fetch", "parse_url"]

_CONTENT_LIMIT = 1_048_576  # bytes of a page that are read
_REDIRECTS = 5
_PIECE = 65_536  # bytes read at a time
_PORTS = {"http": 80, "https": 443}  # RFC 9110 section 4.2: the schemes that can be fetched, and their ports

# Without compression the page can be read in a capture.
_FIELDS = {
    "User-Agent": f"Catenet/{__version__}",
    "Accept": "text/html, */*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_WITH_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
_NUMBER = re.compile("[0-9]+|0[xX][0-9A-Fa-f]*")

Tell = Callable[[str, str, Mapping[str, Json]], None]
"""Told of an event: its kind, its text, its data (control/events.py)."""


class FetchError(Exception):
    """No page. `step` is where it ended: url, resolve, connect, tls, answer, redirect."""

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
    """An answer, whatever its status. `ms` are milliseconds: resolve, connect, tls (of https),
    first_byte, total.

    `content` is what came, in its codings; `cut`: there was more of it. `proof`: by what TLS had it, of https.
    """

    url: str
    address: str
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...]  # as sent
    content: bytes
    cut: bool
    ms: Mapping[str, float]
    source: str
    destination: str
    proof: Proof | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The field values by name in lower case."""
        return by_name(self.fields)

    @property
    def media_type(self) -> str:
        """Of the content, in lower case and without parameters; "" where the server did not say."""
        return with_parameters(self._content_type)[0].lower()

    @property
    def page(self) -> str:
        """The content as text."""
        return self.text().text

    def text(self) -> Text:
        """The same, with notes of where it may not be what the server meant. It is worked out each time."""
        try:
            plain, whole = decode(self.content, members(self.headers.get("content-encoding", "")), _CONTENT_LIMIT)
        except ValueError as error:
            return Text("", (f"{len(self.content)} bytes of content: {error}",))
        cut = self.cut or not whole or len(plain) == _CONTENT_LIMIT
        text, notes = text_of(plain, self._content_type, cut=cut)
        return Text(text, (*notes, f"only the first {len(plain)} bytes were read") if cut else notes)

    @property
    def _content_type(self) -> str:
        # RFC 9110 section 8.3: where it was sent twice, recipients often take "the last syntactically valid member".
        return (members(self.headers.get("content-type", "")) or [""])[-1]


def parse_url(typed: str) -> Uri:
    """What the user typed → an http or https URI that can be fetched; `http://` may be left out.

    Raises:
        FetchError: what is wrong with it.

    """
    return _fetchable(Uri.parse(typed if _WITH_SCHEME.match(typed) else f"http://{typed}"), typed)


def _fetchable(uri: Uri, written: str) -> Uri:
    """The URI with its parts as they go into a request."""
    scheme = (uri.scheme or "").lower()
    if scheme not in _PORTS:
        raise FetchError("url", f"url {written!r}: only http:// and https:// can be fetched here, not {uri.scheme}:")
    if not written.isprintable() or not uri.authority or " " in uri.authority:
        raise FetchError("url", f"url {written!r} is no address of a page; write it like http://dragon.cs.uiuc.edu/")
    try:
        userinfo, host, port = Authority.written(uri.authority)
        if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
            Address.parse(host)  # RFC 3986 section 7.4: other forms than four numbers are read differently
    except ValueError as error:
        raise FetchError("url", f"url {written!r}: {error}") from None
    if userinfo is not None:
        raise FetchError("url", f"url {written!r}: no user is named to a server here; leave out all before the @")
    if host.startswith("["):
        raise FetchError("url", f"url {written!r}: only IPv4 is spoken here")
    if port == 0:
        raise FetchError("url", f"url {written!r}: no server has port 0")
    authority = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return Uri(scheme, authority, escape(uri.path) or "/", None if uri.query is None else escape(uri.query))


def fetch(url: str, timeout: float, *, tell: Tell, fetching: Fetching) -> Fetched:
    """Fetch a page, over up to five redirects. `timeout` is in seconds, for each step.

    Raises:
        FetchError: no page; which step failed, and why.

    """
    uri = parse_url(url)
    for _ in range(_REDIRECTS + 1):
        fetched = _Hop(uri, tell, fetching).fetch(timeout)
        location = fetched.headers.get("location")
        if fetched.status not in (301, 302, 303, 307, 308) or not location:
            return fetched
        uri = _redirected(uri, location)
    raise FetchError("redirect", f"more than {_REDIRECTS} redirects, the last to {uri}")


def _redirected(uri: Uri, location: str) -> Uri:
    """RFC 9110 section 10.2.2. What is no URI in it (a space, bytes over 127) is escaped, as every browser does it."""
    reference = location.encode("latin-1").decode("utf-8", "surrogateescape")
    target = uri.resolve(reference)
    try:
        return _fetchable(target, str(target).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    except FetchError as error:
        raise FetchError("redirect", f"{uri} leads to what cannot be fetched: {error}") from None


class _Hop:
    """One question to one server."""

    def __init__(self, uri: Uri, tell: Tell, fetching: Fetching) -> None:
        self._uri = uri
        _, self._host, port = Authority.parse(str(uri.authority))
        self._scheme = str(uri.scheme)
        self._port = port or _PORTS[self._scheme]
        self._target = str(Uri(None, None, uri.path, uri.query))
        self._tell = tell
        self._fetching = fetching
        self._times = {"": time.monotonic()}  # the beginning, and the end of each step
        self._ends: dict[str, Json] = {}  # of the request
        self._proof: Proof | None = None

    def fetch(self, timeout: float) -> Fetched:
        *others, last = self._resolve()
        for address in others:
            try:
                return self._ask(address, timeout)
            except FetchError as error:
                if error.step != "connect":
                    raise
        return self._ask(last, timeout)

    def _resolve(self) -> list[str]:
        """Its addresses: by one A question, or none where /etc/hosts knows the name."""
        self._fetching.step, self._fetching.doing = "resolve", f"resolving {self._host}"
        try:
            found = socket.getaddrinfo(self._host, self._port, socket.AF_INET, socket.SOCK_STREAM)
        except socket.gaierror as error:
            words = {socket.EAI_NONAME: "there is no such name", socket.EAI_AGAIN: "no name server gave an answer"}
            raise FetchError("resolve", f"{self._host}: {words.get(error.errno or 0, error.strerror)}") from None
        self._passed("resolve")
        return [str(name[0]) for *_, name in found]

    def _passed(self, step: str) -> None:
        self._times[step] = time.monotonic()

    def _ask(self, address: str, timeout: float) -> Fetched:
        self._fetching.step, self._fetching.doing = "connect", f"connecting to {address}:{self._port}"
        try:
            with socket.create_connection((address, self._port), timeout) as connection:
                self._connected(connection)
                if self._scheme == "https":
                    with self._secured(connection) as secured:
                        reader = self._read(secured)
                else:
                    reader = self._read(connection)
        except TimeoutError:
            raise self._error("no answer in time") from None
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None
        except MessageError as error:
            raise self._error(str(error)) from None
        self._passed("total")
        assert reader.response is not None
        return self._answered(address, reader.response, reader)

    def _error(self, why: str) -> FetchError:
        return FetchError(self._fetching.step, f"{self._fetching.doing}: {why}")

    def _request(self) -> Request:
        return Request.of("GET", self._target, (("Host", str(self._uri.authority)), *_FIELDS.items()))

    def _read(self, connection: socket.socket | Secured) -> ResponseReader:
        """Ask, and read the answer."""
        self._fetching.step, self._fetching.doing = "answer", f"waiting for the answer of {self._ends['destination']}"
        told: dict[str, Json] = {"method": "GET", "path": self._target, "host": str(self._uri.authority), **self._ends}
        self._tell("http.request", f"GET {self._target} to {self._ends['destination']}", told)
        reader = ResponseReader(self._request(), _CONTENT_LIMIT)
        connection.sendall(reader.data_to_send())
        answered = False
        while not reader.finished:
            if data := connection.recv(_PIECE):
                reader.receive_data(data)
            else:
                reader.receive_eof()
            if reader.response is not None and not answered:
                answered = True
                self._passed("first_byte")
        return reader

    def _connected(self, connection: socket.socket) -> None:
        """The connection stands."""
        self._passed("connect")
        source, destination = (f"{name[0]}:{name[1]}" for name in (connection.getsockname(), connection.getpeername()))
        self._ends = {"source": source, "destination": destination}

    def _secured(self, connection: socket.socket) -> Secured:
        from catenet.nodes.programs.secure import secured  # OpenSSL, for those who need it

        self._fetching.step, self._fetching.doing = "tls", f"beginning TLS with {self._ends['destination']}"
        made = secured(connection, self._host)
        self._proof = made.proof
        self._passed("tls")
        return made

    def _answered(self, address: str, response: Response, reader: ResponseReader) -> Fetched:
        source, destination = str(self._ends["source"]), str(self._ends["destination"])
        status, reason, size = response.status, response.reason, len(reader.content)
        data: dict[str, Json] = {"status": status, "bytes": size}
        data |= {"type": by_name(response.fields).get("content-type", ""), "source": destination, "destination": source}
        self._tell("http.response", f"{status} {reason}, {size} bytes, from {destination}", data)
        ms = {step: end - begin for (_, begin), (step, end) in pairwise(self._times.items())}
        ms["total"] = self._times["total"] - self._times[""]
        return Fetched(
            url=str(self._uri),
            address=address,
            status=status,
            reason=reason,
            fields=response.fields,
            content=reader.content,
            cut=reader.cut,
            ms={step: round(seconds * 1000, 1) for step, seconds in ms.items()},
            source=source,
            destination=destination,
            proof=self._proof,
        )
