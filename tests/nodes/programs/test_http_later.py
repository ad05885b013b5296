"""A handler that answers later, behind the runtime's own TCP, and the browser in front of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from http_answers import told
from http_node import Running, SmallNode

from catenet.nodes.application.http.exchange import Exchange, Whole
from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import DatedFields
from catenet.nodes.application.http.server import Server
from catenet.nodes.application.http.stream import ServerStream

CONTENT = b"x" * 300_000


class Delayed:
    """Answers in another turn of the event loop, in pieces that come later too."""

    def __init__(self) -> None:
        self._left: dict[Exchange, bytes] = {}

    def request(self, exchange: Exchange) -> None:
        asyncio.get_running_loop().call_later(0.02, self._begin, exchange)

    def content(self, exchange: Exchange, data: bytes) -> None:
        raise AssertionError("nobody asked for it")

    def more(self, exchange: Exchange) -> None:
        asyncio.get_running_loop().call_soon(self._send, exchange)

    def gone(self, exchange: Exchange) -> None:
        raise AssertionError("the peer waits")

    def whole(self, request: Request, dated: DatedFields) -> Whole | None:
        return None

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
    async def serve(node: SmallNode, port: int) -> None:
        server = Server(Delayed(), wall_clock=node.wall_clock, idle=10.0, count=node.count, wants=node.wants)
        await node.listen_tcp(
            port,
            lambda connection: ServerStream(server, connection.peer, connection.local, node.now(), connection.flush),
        )
        node.ready()
        await asyncio.Event().wait()

    with Running(SmallNode(tmp_path), serve, 0) as node:
        (listener,) = node.connections._servers
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        for _ in range(2):
            fetched, _ = told(url)
            assert (fetched.status, fetched.content) == (200, CONTENT)  # type: ignore[attr-defined]
    assert [report.kind for report in node.log] == ["http.request", "http.response"] * 2
    assert node.counters == {}
