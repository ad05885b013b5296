"""TCP connections over the loopback, with plain sockets as peers."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from tcp_bench import HERE, Clock, Fragile, Lines, free_port, turns

from catenet.nodes.machine import Endpoint
from catenet.nodes.runtime import tcp
from catenet.nodes.runtime.tcp import Connection

if TYPE_CHECKING:
    from conftest import Bench, OnBench


async def serve(b: Bench, streams: list[Lines], kind: type[Lines] = Lines) -> int:
    port = free_port(socket.SOCK_STREAM)

    def accept(connection: Connection) -> Lines:
        assert connection.local.port == port
        streams.append(kind())
        return streams[-1]

    b.tcp().listen(port, accept)
    return port


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


def test_tcp_flush_sends_what_became_ready_later(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        connections: list[Connection] = []
        stream, port = Lines(), free_port(socket.SOCK_STREAM)

        def accept(connection: Connection) -> Lines:
            connections.append(connection)
            return stream

        b.tcp().listen(port, accept)
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
        connections: list[Connection] = []
        stream, port = Lines(), free_port(socket.SOCK_STREAM)

        def accept(connection: Connection) -> Lines:
            connections.append(connection)
            return stream

        b.tcp().listen(port, accept)
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
            await clock.go_on(31)
            await b.until(lambda: b.counters.get("connections_stalled") == 1)
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
