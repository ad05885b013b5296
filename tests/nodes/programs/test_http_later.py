"""A handler that answers later, behind the runtime's own TCP, and the browser in front of it."""

from __future__ import annotations

import socket
from pathlib import Path

from http_answers import told
from http_node import Running, SmallNode

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.served import ServedSite
from catenet.nodes.application.http.server import Server
from catenet.nodes.runtime.machine_run import run_machine

CONTENT = b"x" * 300_000
DELAY = 0.02  # seconds


class Delayed:
    """Answers at a later time, in pieces that come later too."""

    def __init__(self) -> None:
        self._left: dict[Exchange, bytes] = {}
        self._due: list[tuple[float, Exchange]] = []

    def request(self, exchange: Exchange) -> None:
        self._due.append((exchange.now + DELAY, exchange))

    def content(self, exchange: Exchange, data: bytes) -> None:
        raise AssertionError("nobody asked for it")

    def more(self, exchange: Exchange) -> None:
        self._due.append((exchange.now + DELAY, exchange))

    def gone(self, exchange: Exchange) -> None:
        raise AssertionError("the peer waits")

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None

    def next_wake(self) -> float | None:
        return min((when for when, _ in self._due), default=None)

    def wake(self, now: float) -> None:
        due, self._due = self._due, []
        for when, exchange in due:
            if when > now:
                self._due.append((when, exchange))
            else:
                (self._send if exchange.begun else self._begin)(exchange)

    def _begin(self, exchange: Exchange) -> None:
        self._left[exchange] = CONTENT
        exchange.begin(200, (("Content-Type", "text/plain"),), len(CONTENT))

    def _send(self, exchange: Exchange) -> None:
        left = self._left[exchange]
        self._left[exchange] = left[50_000:]
        if left:
            exchange.send(left[:50_000])
        else:
            exchange.end()


def test_an_answer_that_comes_later_reaches_the_browser(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])

    async def serve(node: SmallNode, port: int) -> None:
        server = Server(Delayed(), wall_clock=node.wall_clock, idle=10.0, count=node.count, wants=node.wants)
        await run_machine(node, ServedSite(server, port, dict, lambda: None))  # type: ignore[arg-type]

    with Running(SmallNode(tmp_path), serve, port) as node:
        for _ in range(2):
            fetched, _ = told(f"http://127.0.0.1:{port}/")
            assert (fetched.status, fetched.content) == (200, CONTENT)  # type: ignore[attr-defined]
    assert [report.kind for report in node.log] == ["http.request", "http.response"] * 2
    assert node.counters == {}
