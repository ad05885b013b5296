"""UDP ports and TCP connections over the loopback, with plain sockets as peers."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Endpoint, Interface, Packet, Report
from catenet.nodes.runtime import tcp, udp
from catenet.nodes.runtime.tcp import Connection
from catenet.nodes.runtime.udp import UdpPort

if TYPE_CHECKING:
    from conftest import Bench, OnBench

HERE = Address.parse("127.0.0.1")
SECOND = Address.parse("127.0.0.2")


class Lines:
    """Answers each line with the same in upper case; `bye` ends; `much N` is answered with N bytes."""

    def __init__(self, finished: bool = False) -> None:
        self.inbox = b""
        self.outbox = bytearray()
        self.finished = finished
        self.ended = False
        self.received = 0
        self.wake_at: float | None = None
        self.reports: list[Report] = []

    def receive_data(self, data: bytes, now: float) -> None:
        self.received += len(data)
        *lines, self.inbox = (self.inbox + data).split(b"\n")
        for line in lines:
            self._line(line, now)

    def _line(self, line: bytes, now: float) -> None:
        if line == b"fault":
            raise ZeroDivisionError("our own mistake")
        if line == b"idle":
            self.wake_at = now + 0.01
        elif line.startswith(b"much "):
            self.outbox += bytes(int(line[5:]))
        else:
            self.outbox += line.upper() + b"\n"
        self.finished = line == b"bye"
        self.reports.append(Report("svc.line", line.decode(), {}))

    def receive_eof(self, now: float) -> None:
        self.ended = self.finished = True

    def data_to_send(self) -> bytes:
        data, self.outbox = bytes(self.outbox), bytearray()
        return data

    def next_wake(self) -> float | None:
        return self.wake_at

    def wake(self, now: float) -> None:
        self.outbox += b"too slow\n"
        self.finished, self.wake_at = True, None

    def take_reports(self) -> list[Report]:
        reports, self.reports = self.reports, []
        return reports


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_udp_says_which_address_was_asked_and_answers_from_it(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        context = b.context()
        got: list[Packet] = []
        port = context.open_udp(0, got.append)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            peer.sendto(b"who?", ("127.0.0.2", port.number))
            await b.until(lambda: bool(got))
            (packet,) = got
            assert packet.destination == Endpoint(SECOND, port.number)
            assert packet.source == Endpoint(HERE, peer.getsockname()[1])
            assert packet.interface == "lo"
            port.send(Packet(b"me", packet.destination, packet.source, packet.interface))
            async with asyncio.timeout(200):
                data, source = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            assert (data, source) == (b"me", ("127.0.0.2", port.number))

    on_bench(run)


def test_udp_sends_a_reply_that_is_known_back_the_way_the_question_came(on_bench: OnBench) -> None:
    """From the address that was asked; what is not known comes to `receive`."""

    async def run(b: Bench) -> None:
        got: list[Packet] = []
        port = b.context().open_udp(0, got.append, reply=lambda data, now: {b"who?": b"me"}.get(data))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            for question in (b"what?", b"who?"):
                peer.sendto(question, ("127.0.0.2", port.number))
            async with asyncio.timeout(200):
                data, source = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            assert (data, source) == (b"me", ("127.0.0.2", port.number))
        assert [packet.data for packet in got] == [b"what?"]

    on_bench(run)


def test_udp_counts_a_reply_that_it_cannot_send(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = b.context().open_udp(0, lambda _: None, reply=lambda data, now: bytes(70_000))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"?", ("127.0.0.1", port.number))
            await b.until(lambda: b.counters == {"send_failures": 1})

    on_bench(run)


def test_udp_takes_a_burst_of_a_thousand(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        got: list[Packet] = []
        port = b.context().open_udp(0, got.append)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for start in range(0, 1000, 50):  # under what the kernel keeps for a socket
                for number in range(start, start + 50):
                    peer.sendto(str(number).encode(), ("127.0.0.1", port.number))
                await b.until(lambda: len(got) >= start + 50)  # noqa: B023
        assert [int(packet.data) for packet in got] == list(range(1000))

    on_bench(run)


def test_udp_keeps_what_comes_while_the_node_is_busy(on_bench: OnBench) -> None:
    """The whole tables of two routers with 4,096 routes each; nothing is read until all of it is there."""

    async def run(b: Bench) -> None:
        got: list[Packet] = []
        port = b.context().open_udp(0, got.append)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for _ in range(2 * 164):
                peer.sendto(bytes(504), ("127.0.0.1", port.number))
        await b.until(lambda: len(got) == 2 * 164)

    on_bench(run)


def test_udp_settles_once_behind_all_that_came_together(on_bench: OnBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "_SLICE", 100.0)

    async def run(b: Bench) -> None:
        got: list[str] = []
        settle = lambda: got.append("settled")  # noqa: E731
        port = b.context().open_udp(0, lambda packet: got.append(packet.data.decode()), settle=settle)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for number in range(10):
                peer.sendto(str(number).encode(), ("127.0.0.1", port.number))
        await b.until(lambda: len(got) == 11)
        assert got == [*map(str, range(10)), "settled"]

    on_bench(run)


def test_udp_knows_each_of_many_peers(on_bench: OnBench) -> None:
    """More than it remembers."""

    async def run(b: Bench) -> None:
        got: list[int] = []
        port = b.context().open_udp(0, lambda packet: got.append(packet.source.port))
        with ExitStack() as stack:
            peers = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(300)]
            for peer in (*peers, *peers):
                peer.sendto(b"x", ("127.0.0.1", port.number))
            await b.until(lambda: len(got) == 600)
            assert got == 2 * [peer.getsockname()[1] for peer in peers]

    on_bench(run)


class Lan:
    """An interface that becomes another one, and tells of it or not."""

    def __init__(self) -> None:
        self.number = 0
        self.listeners: list[Callable[[Interface], None]] = []

    def ifindex(self, lan: str) -> int:
        return self.number

    def name(self, ifindex: int) -> str:
        return "lan" if ifindex == self.number else ""

    def listen(self, function: Callable[[Interface], None]) -> None:
        self.listeners.append(function)

    def unlisten(self, function: Callable[[Interface], None]) -> None:
        self.listeners.remove(function)


@pytest.mark.parametrize("is_told", [True, False])
def test_udp_sends_by_the_interface_that_the_lan_has_now(on_bench: OnBench, is_told: bool) -> None:
    async def run(b: Bench) -> None:
        lan, counters, got = Lan(), Counter[str](), list[str]()
        port = UdpPort(
            0,
            lambda packet: got.append(packet.interface),
            interface="",
            group=None,
            lans=lan,
            loop=asyncio.get_running_loop(),
            count=lambda counter: counters.update([counter]),
            fail=b.failures.append,
        )
        packet = Packet(b"x", Endpoint(ANY, 0), Endpoint(HERE, port.number), "lan")
        loopback = socket.if_nametoindex("lo")
        port.send(packet._replace(interface=""))
        await b.until(lambda: got == [""])  # nobody knows yet whose interface that is
        for number, lost in ((0, 1), (loopback + 10_000, 2), (loopback, 2)):
            lan.number = number
            for listener in lan.listeners if is_told else ():
                listener(Interface("lan", HERE, Prefix(HERE, 32)))
            port.send(packet)
            assert counters["send_failures"] == lost
        await b.until(lambda: len(got) == 2)
        assert got[1] == ("lan" if is_told else "")
        port.close()
        assert not lan.listeners

    on_bench(run)


@pytest.mark.parametrize(
    "packet",
    [
        Packet(b"", Endpoint(ANY, 0), Endpoint(Address.parse("255.255.255.255"), 9)),  # EACCES
        Packet(bytes(70_000), Endpoint(ANY, 0), Endpoint(HERE, 9)),  # EMSGSIZE
        Packet(b"", Endpoint(Address.parse("192.0.2.1"), 0), Endpoint(HERE, 9)),  # a source that is not ours
        Packet(b"", Endpoint(ANY, 0), Endpoint(HERE, 9), "no-such-lan"),
        Packet(b"", Endpoint(ANY, 0), Endpoint(HERE, 99_999)),
    ],
)
def test_what_udp_cannot_send_is_counted(on_bench: OnBench, packet: Packet) -> None:
    async def run(b: Bench) -> None:
        b.context().open_udp(0, lambda _: None).send(packet)
        assert b.counters == {"send_failures": 1}
        assert not b.failures

    on_bench(run)


def test_a_port_of_a_lan_without_interface_is_silent(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = b.context().open_udp(0, lambda _: None, interface="link1", group=Address.parse("224.0.0.9"))
        port.send(Packet(b"", Endpoint(ANY, 0), Endpoint(HERE, 9), "link1"))
        assert b.counters == {"send_failures": 1}

    on_bench(run)


def test_what_a_receiver_raises_is_told(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:

        def receive(packet: Packet) -> None:
            raise ZeroDivisionError(packet.data)

        port = b.context().open_udp(0, receive)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"x", ("127.0.0.1", port.number))
        await b.until(lambda: bool(b.failures))
        assert isinstance(b.failures[0], ZeroDivisionError)

    on_bench(run)


async def serve(b: Bench, streams: list[Lines]) -> int:
    port = free_port(socket.SOCK_STREAM)

    def accept(connection: Connection) -> Lines:
        assert connection.local.port == port
        streams.append(Lines())
        return streams[-1]

    await b.context().listen_tcp(port, accept)
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

        await b.context().listen_tcp(port, accept)
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


def test_tcp_connect(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        streams: list[Lines] = []
        port = await serve(b, streams)
        client = Lines()
        client.outbox += b"hello\n"
        await b.context().connect_tcp(Endpoint(HERE, port), lambda _: client, timeout=200)
        await b.until(lambda: "HELLO" in [event.text for event in b.events()])
        with pytest.raises(ConnectionRefusedError):
            nobody = Endpoint(HERE, free_port(socket.SOCK_STREAM))
            await b.context().connect_tcp(nobody, lambda _: client, timeout=200)

    on_bench(run)
