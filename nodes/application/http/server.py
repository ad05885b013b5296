"""What all connections of one site share: the site, what was parsed before, the dated fields, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from catenet.nodes.application.http.message import Request, parse_request
from catenet.nodes.application.http.reports import EXCHANGE, Reporter
from catenet.nodes.application.http.response import ALLOWED, Absence, DatedFields, Page, Site, precondition, status_page
from catenet.nodes.machine import Wants, always

__all__ = ["Server"]

_KNOWN = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))
"""The methods of RFC 9110 section 9 and RFC 5789."""
_STATUSES = {Absence.MISSING: 404, Absence.FORBIDDEN: 403, Absence.UNREADABLE: 500}
_HEADS_LIMIT = 1_024  # heads remembered, each of at most …
_HEAD_WORTH = 1_024  # … so many bytes
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class Server:
    """The shared part of a server with static pages.

    `wall_clock` gives seconds since 1970, `count` raises a counter of the node, `idle` is in seconds, `wants` says
    whether events of these kinds are to be told.
    """

    def __init__(
        self,
        site: Site,
        *,
        wall_clock: Callable[[], float],
        idle: float,
        count: Callable[[str], None],
        wants: Wants = always,
    ) -> None:
        self._site = site
        self._heads: dict[bytes, Request] = {}
        self._moment = -1.0
        self._answers: dict[bytes, bytes] = {}  # of that moment, by the head
        self.idle = idle
        self.count = count
        self.wants = wants
        self.dated = DatedFields(wall_clock)
        self.statuses: Counter[int] = Counter()
        self.reporter = Reporter(count)

    def known(self, head: bytes) -> Request | None:
        """The request of a head that was parsed before: a browser's heads are alike, and a look-up costs less."""
        return self._heads.get(head)

    def again(self, head: bytes, now: float) -> bytes | None:
        """The answer to a head that was answered at this very moment, where nobody is to be told of it.

        All that has come by one turn of the event loop is of one moment, so that the site is looked at once.
        """
        answer = self._answers.get(head) if now == self._moment else None
        if answer is None or self.wants(EXCHANGE, now):
            return None
        self.statuses[200] += 1
        return answer

    def keep(self, head: bytes, answer: bytes, now: float) -> None:
        """What `again` is to say at this moment; nothing is kept where the answer is empty."""
        if now != self._moment:
            self._moment, self._answers = now, {}
        if answer:
            self._answers[head] = answer

    def parse(self, head: bytes) -> Request:
        """As `parse_request`, and remembered where it is short and no content follows.

        Raises:
            MessageError: as `parse_request` does.

        """
        request = self._heads.get(head)
        if request is None:
            request = parse_request(head)
            if len(head) <= _HEAD_WORTH and not request.has_body:
                if len(self._heads) >= _HEADS_LIMIT:
                    self._heads.clear()
                self._heads[head] = request
        return request

    def answer(self, request: Request) -> tuple[int, Page]:
        """The status, and the page that goes with it."""
        if request.method not in ALLOWED:
            # RFC 9110 section 9.1: 501 for a method that is not known, 405 for one that is known and not allowed.
            status = 405 if request.method in _KNOWN else 501
            return status, status_page(status)
        found = self._site.find(request.path)
        if isinstance(found, Page):
            if not request.conditional:
                return 200, found
            status = precondition(request.fields, found, self.dated.now())
            return status, status_page(status) if status == 412 else found
        if found is Absence.FOLDER:
            return 301, status_page(301, _location(request))
        if found is Absence.UNREADABLE:
            self.count("unreadable")
        status = _STATUSES[found]
        return status, status_page(status)


def _location(request: Request) -> str:
    """The same path with a slash at its end. It begins with exactly one slash, so it leads to no other host."""
    raw = request.path.encode("utf-8", "surrogateescape")
    path = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)
    return f"{path}/{'?' if request.query else ''}{request.query}"
