"""UDP ports when much comes at once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.address import Address
from catenet.nodes.machine import Datagram, Endpoint
from catenet.nodes.runtime import port as ports

if TYPE_CHECKING:
    from conftest import Bench, OnBench

HERE = Address.parse("127.0.0.1")


def test_udp_takes_a_burst_of_a_thousand(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        got: list[Datagram] = []
        port = b.udp(got.append)
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
        got: list[Datagram] = []
        port = b.udp(got.append)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for _ in range(2 * 164):
                peer.sendto(bytes(504), ("127.0.0.1", port.number))
        await b.until(lambda: len(got) == 2 * 164)

    on_bench(run)


def test_udp_settles_once_behind_all_that_came_together(on_bench: OnBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "SLICE", 100.0)

    async def run(b: Bench) -> None:
        got: list[str] = []
        settle = lambda: got.append("settled")  # noqa: E731
        port = b.udp(lambda packet: got.append(packet.data.decode()), settle=settle)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for number in range(10):
                peer.sendto(str(number).encode(), ("127.0.0.1", port.number))
        await b.until(lambda: len(got) == 11)
        assert got == [*map(str, range(10)), "settled"]

    on_bench(run)


def test_udp_sends_at_one_go_what_a_burst_has_caused(on_bench: OnBench) -> None:
    """More than fit into one go, each from the address that was asked; what cannot be sent takes nothing else along."""

    async def run(b: Bench) -> None:
        def receive(packet: Datagram) -> None:
            port.send(packet.reply(b"one " + packet.data)._replace(ttl=7, tos=0x10))
            port.send(packet.reply(b"nobody")._replace(destination=Endpoint(HERE, 99_999)))
            port.send(packet.reply(b"nowhere")._replace(interface="no-such-lan"))
            port.send(packet.reply(bytes(70_000)))
            port.send(packet.reply(b"two " + packet.data))
            heard.append(packet.data)

        heard: list[bytes] = []
        port = b.udp(receive)
        with ExitStack() as stack:
            peers = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3)]
            for peer in peers:
                peer.settimeout(60)
                peer.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
            for turn in range(4):
                said = [b"%d.%d" % (turn, number) for number in range(50)]
                for data in said:
                    for peer in peers:
                        peer.sendto(data, ("127.0.0.2", port.number))
                await b.until(lambda: len(heard) == 150 * (turn + 1))  # noqa: B023
                for peer in peers:
                    got = [peer.recvmsg(100, 100) for _ in range(100)]
                    assert [data for data, *_ in got] == [each + data for data in said for each in (b"one ", b"two ")]
                    assert {source for *_, source in got} == {("127.0.0.2", port.number)}
                    assert {(data[:3], control[0][2][0]) for data, control, *_ in got} == {(b"one", 7), (b"two", 64)}
        assert b.counters == {"send_failures": 3 * 600}
        assert b.failures == []

    on_bench(run)


def test_a_port_that_is_closed_within_a_burst_sends_what_came_before(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        def receive(packet: Datagram) -> None:
            port.send(packet.reply(packet.data))
            if packet.data == b"99":
                port.close()

        port = b.udp(receive)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(60)
            for number in range(120):
                peer.sendto(b"%d" % number, ("127.0.0.1", port.number))
            assert await asyncio.to_thread(lambda: [peer.recv(100) for _ in range(100)]) == [
                b"%d" % number for number in range(100)
            ]
        assert b.failures == []

    on_bench(run)
