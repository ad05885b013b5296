"""A handler that answers later, behind the runtime's own TCP, and the browser in front of it."""

from __future__ import annotations

import asyncio
import socket
from math import inf
from pathlib import Path

from http_answers import told
from http_node import Running, SmallNode

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.served import ServedSite
from catenet.nodes.application.http.server import Server
from catenet.nodes.machine import Action
from catenet.nodes.runtime.machine_run import run_machine

CONTENT = b"x" * 300_000


class Delayed:
    """Answers at a later time, in pieces that come later too."""

    def __init__(self) -> None:
        self._left: dict[Exchange, bytes] = {}
        self.due: list[tuple[Exchange, bool]] = []  # and whether it has begun

    def request(self, exchange: Exchange) -> None:
        self.due.append((exchange, False))

    def content(self, exchange: Exchange, data: bytes) -> None:
        raise AssertionError("nobody asked for it")

    def more(self, exchange: Exchange) -> None:
        self.due.append((exchange, True))

    def gone(self, exchange: Exchange) -> None:
        raise AssertionError("the peer waits")

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None

    def go_on(self) -> None:
        due, self.due = self.due, []
        for exchange, begun in due:
            (self._send if begun else self._begin)(exchange)

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


class Later(ServedSite):
    """The machine: its timer has the handler go on."""

    def __init__(self, handler: Delayed, server: Server, port: int) -> None:
        super().__init__(server, port, dict, lambda: None)
        self._handler = handler
        self._due = inf

    def wake(self, now: float) -> None:
        self._due = inf
        self._handler.go_on()

    def next_wake(self) -> float | None:
        return None if self._due == inf else self._due

    def take_actions(self) -> list[Action]:
        if self._handler.due and self._due == inf:
            self._due = asyncio.get_running_loop().time() + 0.02
        return super().take_actions()


def test_an_answer_that_comes_later_reaches_the_browser(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])

    async def serve(node: SmallNode, port: int) -> None:
        handler = Delayed()
        server = Server(handler, wall_clock=node.wall_clock, idle=10.0, count=node.count, wants=node.wants)
        await run_machine(node, Later(handler, server, port))  # type: ignore[arg-type]

    with Running(SmallNode(tmp_path), serve, port) as node:
        for _ in range(2):
            fetched, _ = told(f"http://127.0.0.1:{port}/")
            assert (fetched.status, fetched.content) == (200, CONTENT)  # type: ignore[attr-defined]
    assert [report.kind for report in node.log] == ["http.request", "http.response"] * 2
    assert node.counters == {}
