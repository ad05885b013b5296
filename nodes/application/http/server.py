"""What all connections of one server share: who answers, what was parsed before, the dated fields, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from catenet.nodes.application.http.exchange import Handler, Whole
from catenet.nodes.application.http.message import BODY_LIMIT, Request, parse_request
from catenet.nodes.application.http.reports import Reporter
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.machine import Count, Wants, always

__all__ = ["Server"]

_HEADS_LIMIT = 1_024  # heads remembered, each of at most …
_HEAD_WORTH = 1_024  # … so many bytes


class Server:
    """The shared part of a server.

    `handler` answers its requests, `wall_clock` gives seconds since 1970, `count` raises a counter of the node, `idle`
    is in seconds, `wants` says whether events of these kinds are to be told, `limit` is the most bytes of content that
    a request may have (None: any; its handler bounds what it keeps of it).
    """

    def __init__(
        self,
        handler: Handler,
        *,
        wall_clock: Callable[[], float],
        idle: float,
        count: Count,
        wants: Wants = always,
        limit: int | None = BODY_LIMIT,
    ) -> None:
        self.handler = handler
        self._heads: dict[bytes, Request] = {}
        self._moment = -1.0
        self._answers: dict[bytes, Whole] = {}  # of that moment, by the head
        self.idle = idle
        self.count = count
        self.wants = wants
        self.limit = limit
        self.dated = DatedFields(wall_clock)
        self.statuses: Counter[int] = Counter()
        self.reporter = Reporter(count)

    def known(self, head: bytes) -> Request | None:
        """The request of a head that was parsed before: a browser's heads are alike, and a look-up costs less."""
        return self._heads.get(head)

    def whole(self, head: bytes, now: float) -> Whole | None:
        """The answer to a head that came before, where its handler has it ready and the connection stays.

        All that has come by one turn of the event loop is of one moment, so that the handler is asked once.
        """
        if now == self._moment and (answer := self._answers.get(head)) is not None:
            return answer
        request = self._heads.get(head)
        if request is None or not request.keep_alive or request.version < (1, 1):
            return None
        answer = self.handler.whole(request, self.dated)
        if answer is not None:
            if now != self._moment:
                self._moment, self._answers = now, {}
            self._answers[head] = answer
        return answer

    def parse(self, head: bytes) -> Request:
        """As `parse_request`, and remembered where it is short and no content follows.

        Raises:
            MessageError: as `parse_request` does.

        """
        request = self._heads.get(head)
        if request is None:
            request = parse_request(head, self.limit)
            if len(head) <= _HEAD_WORTH and not request.has_body:
                if len(self._heads) >= _HEADS_LIMIT:
                    self._heads.clear()
                self._heads[head] = request
        return request
