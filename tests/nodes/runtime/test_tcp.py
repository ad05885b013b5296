"""TCP connections over the loopback, with plain sockets as peers."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

import pytest
from tcp_bench import HERE, Lines, free_port, serve

from catenet.nodes.machine import Endpoint
from catenet.nodes.runtime import tcp
from catenet.nodes.runtime.tcp import Connection

if TYPE_CHECKING:
    from conftest import Bench, OnBench


def test_tcp_answers_byte_by_byte_and_closes_when_the_stream_has_finished(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in b"one\nbye\n":
            writer.write(bytes([byte]))
            await writer.drain()
        async with asyncio.timeout(200):
            assert await reader.read() == b"ONE\nBYE\n"
        writer.close()
        await writer.wait_closed()
        await b.until(lambda: [event.text for event in b.events()] == ["one", "bye"])

    on_bench(run)


def test_tcp_half_closed_by_the_peer_still_gets_its_answer(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\n")
        writer.write_eof()
        async with asyncio.timeout(200):
            assert await reader.read() == b"ONE\n"
        assert streams[0].ended
        writer.close()

    on_bench(run)


def test_tcp_timer_of_a_stream(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = await serve(b, [])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"idle\n")
        async with asyncio.timeout(200):
            assert await reader.read() == b"too slow\n"
        writer.close()

    on_bench(run)


def serve_one(b: Bench) -> tuple[Lines, int, list[Connection]]:
    """The stream that every connection gets, the port, and the connections as they come."""
    connections: list[Connection] = []
    stream, port = Lines(), free_port(socket.SOCK_STREAM)

    def accept(connection: Connection) -> Lines:
        connections.append(connection)
        return stream

    b.tcp().listen(port, accept)
    return stream, port, connections


def test_tcp_flush_sends_what_became_ready_later(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        stream, port, connections = serve_one(b)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await b.until(lambda: bool(connections))
        stream.outbox += b"news\n"
        connections[0].flush()
        async with asyncio.timeout(200):
            assert await reader.readline() == b"news\n"
        connections[0].abort()
        async with asyncio.timeout(200):
            assert await reader.read() == b""
        writer.close()

    on_bench(run)


def test_tcp_a_peer_that_does_not_read_is_not_read_either(on_bench: OnBench) -> None:
    ask, asks = b"much 1000\n", 2_000_000

    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.setblocking(False)
            loop = asyncio.get_running_loop()
            asking = loop.create_task(loop.sock_sendall(peer, ask * asks))
            await b.until(lambda: bool(streams) and streams[0].received > 0)
            for _ in range(1000):
                await asyncio.sleep(0)
            before = streams[0].received
            assert before < 1 << 17  # of the 20 MB that it says
            total = 0
            while total < 1000 * (before // len(ask)) + 1000:  # the peer reads after all, and the stream goes on
                total += len(await loop.sock_recv(peer, 1 << 20))
            assert streams[0].received > before
            asking.cancel()

    on_bench(run)


def test_tcp_a_peer_that_says_much_leaves_the_others_their_turn(on_bench: OnBench) -> None:
    """A hundred kilobytes of requests are there before the first is read; a second peer does not wait for their end."""

    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        with (
            socket.create_connection(("127.0.0.1", port)) as much,
            socket.create_connection(("127.0.0.1", port)) as few,
        ):
            much.sendall(b"x\n" * 50_000)
            few.sendall(b"one\n")
            few.setblocking(False)
            async with asyncio.timeout(200):
                assert await asyncio.get_running_loop().sock_recv(few, 100) == b"ONE\n"
            assert streams[0].received < 100_000

    on_bench(run)


def test_tcp_that_the_peer_has_reset_may_end_at_that_moment(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        stream, port, connections = serve_one(b)
        peer = socket.create_connection(("127.0.0.1", port))
        await b.until(lambda: bool(connections))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()  # a reset, of which asyncio has not heard yet
        stream.finished = True
        connections[0].flush()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert b.failures == []

    on_bench(run)


def test_tcp_a_fault_of_a_stream_is_told(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = await serve(b, [])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"fault\n")
        await b.until(lambda: bool(b.failures))
        assert isinstance(b.failures[0], ZeroDivisionError)
        writer.close()

    on_bench(run)


def test_tcp_too_many_connections_are_refused(on_bench: OnBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "CONNECTIONS", 3)

    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(5)]
        await b.until(lambda: b.counters.get("connections_refused") == 2)
        assert len(streams) == 3
        for writer in writers:
            writer.close()

    on_bench(run)


def test_tcp_who_connects_to_a_service_does_not_stop_what_it_asks(
    on_bench: OnBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp, "CONNECTIONS", 3)

    async def run(b: Bench) -> None:
        streams, asking = list[Lines](), list[Lines]()
        port = await serve(b, streams)
        ends: list[asyncio.StreamWriter] = []
        others = await asyncio.start_server(lambda reader, writer: ends.append(writer), "127.0.0.1", 0)
        peer = Endpoint(HERE, others.sockets[0].getsockname()[1])

        def opened(_: Connection) -> Lines:
            asking.append(Lines())
            return asking[-1]

        writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(3)]
        await b.until(lambda: len(streams) == 3)
        asked = await asyncio.gather(
            *(b.connections[-1].connect(peer, opened, 200) for _ in range(4)), return_exceptions=True
        )
        assert [str(each) for each in asked] == ["None"] * 3 + ["3 connections are made already"]
        await b.until(lambda: len(ends) == 3)
        ends[0].close()
        await b.until(lambda: len(b.connections[-1].made) == 2)
        await b.connections[-1].connect(peer, opened, 200)
        assert len(asking) == 4
        others.close()
        for writer in (*writers, *ends):
            writer.close()

    on_bench(run)


def test_tcp_connect(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        client = Lines()
        client.outbox += b"hello\n"
        await b.tcp().connect(Endpoint(HERE, port), lambda _: client, 200)
        await b.until(lambda: "HELLO" in [event.text for event in b.events()])
        with pytest.raises(ConnectionRefusedError):
            nobody = Endpoint(HERE, free_port(socket.SOCK_STREAM))
            await b.tcp().connect(nobody, lambda _: client, 200)

    on_bench(run)
