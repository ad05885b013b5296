"""How ports and connections end: with the stream, the peer or the service, or because the peer takes nothing."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from tcp_bench import Clock, Fragile, Lines, free_port, serve, turns

from catenet.nodes.runtime.tcp import Connection

if TYPE_CHECKING:
    from conftest import Bench, OnBench


@pytest.mark.parametrize("kind", [Lines, Fragile])
def test_tcp_a_stream_whose_peer_takes_nothing_hears_that_it_is_cut_off(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, kind: type[Lines]
) -> None:
    async def run(b: Bench) -> None:
        clock = Clock(monkeypatch)
        streams: list[Lines] = []
        port = await serve(b, streams, kind)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"much 20000000\n")
            await b.until(lambda: bool(streams) and streams[0].received > 0)
            ends = time.monotonic() + 200
            while not b.counters.get("connections_stalled"):  # as long as the kernel of the peer takes something
                assert time.monotonic() < ends, "it is not cut off"
                await clock.go_on(31)
            await turns(5)
        (stream,) = streams
        assert (getattr(stream, "lost", None), stream.ended) == ((1, False) if kind is Fragile else (None, True))

    on_bench(run)


class Slow(Lines):
    """It wants no more than it has got."""

    wants_data = True

    def receive_data(self, data: bytes, now: float) -> None:
        super().receive_data(data, now)
        self.wants_data = False


def test_tcp_that_ends_while_its_stream_wants_nothing_is_gone_once_the_peer_has_closed(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        connections = b.tcp()
        port = free_port(socket.SOCK_STREAM)

        def accept(connection: Connection) -> Lines:
            streams.append(Slow())
            return streams[-1]

        connections.listen(port, accept)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\n")
        async with asyncio.timeout(200):
            assert await reader.readline() == b"ONE\n"
        streams[0].finished = True
        connections.flush(streams[0])
        writer.write(b"two\n")
        async with asyncio.timeout(200):
            assert await reader.read() == b""
        writer.close()
        async with asyncio.timeout(5):
            while connections.accepted:
                await asyncio.sleep(0)

    on_bench(run)


@pytest.mark.parametrize("number", range(6))
def test_tcp_a_connection_does_not_outlive_its_service_however_lately_it_was_accepted(
    on_bench: OnBench, number: int
) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        await turns(3)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            await turns(number)
            b.connections[-1].close()
            before = len(streams)
            await turns(10)
            peer.setblocking(False)
            with suppress(ConnectionResetError):
                assert peer.recv(1) == b""
            assert (len(streams), b.connections[-1].accepted) == (before, set())
            assert not any(stream.ended for stream in streams)

    on_bench(run)


@pytest.mark.parametrize("number", range(4))
def test_tcp_a_port_is_free_once_it_is_closed(on_bench: OnBench, number: int) -> None:
    async def run(b: Bench) -> None:
        connections, port = b.tcp(), free_port(socket.SOCK_STREAM)
        streams: list[Lines] = []

        def accept(connection: Connection) -> Lines:
            streams.append(Lines())
            return streams[-1]

        connections.listen(port, accept)
        await turns(number)
        connections.close_port(port)
        connections.listen(port, accept)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"bye\n")
        async with asyncio.timeout(200):
            assert await reader.read() == b"BYE\n"
        writer.close()
        assert len(streams) == 1

    on_bench(run)


@pytest.mark.parametrize("number", range(6))
def test_tcp_a_connection_that_a_port_has_accepted_goes_on_when_the_port_is_closed(
    on_bench: OnBench, number: int
) -> None:
    """Else it is reset: the kernel has had it in its queue."""

    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"bye\n")
            peer.setblocking(False)
            await turns(number)
            b.connections[-1].close_port(port)
            with suppress(ConnectionResetError):
                async with asyncio.timeout(5):
                    assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"BYE\n"
                assert len(streams) == 1

    on_bench(run)


def test_tcp_accepts_again_once_there_is_room_for_one_more_file(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(b: Bench) -> None:
        clock = Clock(monkeypatch)
        streams: list[Lines] = []
        port = await serve(b, streams)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            free = os.dup(peer.fileno())
            os.close(free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
            try:
                await turns(10)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            await turns(10)
            assert streams == []
            await clock.go_on(1)
            await b.until(lambda: len(streams) == 1)

    on_bench(run)


@pytest.mark.parametrize(("much", "last"), [(20_000_000, b""), (60_000, b"bye\n")])
def test_tcp_a_peer_that_takes_a_little_has_half_a_minute_for_the_next(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch, much: int, last: bytes
) -> None:
    """While what waits fills the socket, and when the stream has finished (`bye`) and the rest is under way."""

    async def run(b: Bench) -> None:
        clock, loop = Clock(monkeypatch), asyncio.get_running_loop()
        port = await serve(b, [])
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(("127.0.0.1", port))
            peer.setblocking(False)
            peer.sendall(b"much %d\n" % much + last)
            for _ in range(4):
                taken = 0
                while taken < 8000:
                    taken += len(await loop.sock_recv(peer, 2000))
                await clock.go_on(20)
            assert b.counters == {}
            for _ in range(4):
                await clock.go_on(31)
            assert b.counters == {"connections_stalled": 1}

    on_bench(run)
