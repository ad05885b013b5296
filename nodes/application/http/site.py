"""A site of static pages, as the handler of a server's requests."""

from __future__ import annotations

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import (
    ALLOWED,
    Absence,
    DatedFields,
    Page,
    Site,
    precondition,
    status_line,
    status_page,
)
from catenet.nodes.machine import Count

__all__ = ["StaticSite"]

_PIECE = 65_536
"""Bytes of a long content that are in memory at a time."""
_KNOWN = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))
"""The methods of RFC 9110 section 9 and RFC 5789."""
_STATUSES = {Absence.MISSING: 404, Absence.FORBIDDEN: 403, Absence.UNREADABLE: 500}
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class StaticSite:
    """The handler. It answers at once; the content of a request is read and thrown away."""

    def __init__(self, site: Site, count: Count) -> None:
        """`count` raises a counter of the node."""
        self._site = site
        self._count = count
        self._long: dict[Exchange, tuple[Page, int]] = {}  # pages that are being sent, and how much of them has been

    def request(self, exchange: Exchange) -> None:
        """Answer it, behind its content.

        RFC 9110 section 10.1.1: who waits for a word must get it, and as no content is wanted, it is the final status.
        """
        if exchange.request.has_body and not exchange.request.expects:
            exchange.read()
        else:
            self._answer(exchange)

    def content(self, exchange: Exchange, data: bytes) -> None:
        """It is thrown away: no method here wants content."""
        if data:
            exchange.read()
        else:
            self._answer(exchange)

    def more(self, exchange: Exchange) -> None:
        """The next piece of a long page."""
        page, offset = self._long[exchange]
        assert page.read is not None
        piece = page.read(offset, min(_PIECE, page.size - offset))
        if not piece:  # the file is not what it was
            del self._long[exchange]
            exchange.abort()
            return
        self._long[exchange] = page, offset + len(piece)
        exchange.send(piece)
        if offset + len(piece) == page.size:
            del self._long[exchange]
            exchange.end()

    def gone(self, exchange: Exchange) -> None:
        """Nobody takes the rest of it."""
        self._long.pop(exchange, None)

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        """The answer, where its content is in memory."""
        status, page = self._look_up(request, dated)
        size, tail = _content(request, status, page)
        if size and page.read:
            return None
        head = dated.ok() if status == 200 else status_line(status) + dated.fields()
        return Whole(head + tail, status, size, page.media_type)

    def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        status, page = self._look_up(request, exchange.server.dated)
        size, tail = _content(request, status, page)
        long = bool(size and page.read)
        if long:
            self._long[exchange] = page, 0
        exchange.begin_prepared(status, tail, size=size, media_type=page.media_type, left=size if long else 0)
        if not long:
            exchange.end()

    def _look_up(self, request: Request, dated: DatedFields) -> tuple[int, Page]:
        """The status, and the page that goes with it."""
        if request.method not in ALLOWED:
            # RFC 9110 section 9.1: 501 for a method that is not known, 405 for one that is known and not allowed.
            status = 405 if request.method in _KNOWN else 501
            return status, status_page(status)
        found = self._site.find(request.path)
        if isinstance(found, Page):
            if not request.conditional:
                return 200, found
            status = precondition(request.fields, found, dated.now())
            return status, status_page(status) if status == 412 else found
        if found is Absence.FOLDER:
            return 301, status_page(301, _location(request))
        if found is Absence.UNREADABLE:
            self._count("unreadable")
        status = _STATUSES[found]
        return status, status_page(status)


def _content(request: Request, status: int, page: Page) -> tuple[int, bytes]:
    """How much content goes with the answer, and all that is behind its dated fields."""
    if status == 304:
        return 0, page.fields + b"\r\n"
    if request.method == "HEAD" or not page.size:
        return 0, page.head
    return page.size, page.tail


def _location(request: Request) -> str:
    """The same path with a slash at its end. It begins with exactly one slash, so it leads to no other host."""
    raw = request.path.encode("utf-8", "surrogateescape")
    path = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)
    return f"{path}/{'?' if request.query else ''}{request.query}"
