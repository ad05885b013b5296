"""UDP ports over the loopback, with plain sockets as peers."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Datagram, Endpoint, Interface, OpenPort, Udp
from catenet.nodes.runtime.network import KernelNetwork
from catenet.nodes.runtime.port import Owner
from catenet.nodes.runtime.ports import Ports
from catenet.nodes.runtime.udp import UdpPort

if TYPE_CHECKING:
    from conftest import Bench, OnBench

HERE = Address.parse("127.0.0.1")
SECOND = Address.parse("127.0.0.2")


def test_udp_says_which_address_was_asked_and_answers_from_it(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        got: list[Datagram] = []
        port = b.udp(got.append)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            peer.sendto(b"who?", ("127.0.0.2", port.number))
            await b.until(lambda: bool(got))
            (packet,) = got
            assert packet.destination == Endpoint(SECOND, port.number)
            assert packet.source == Endpoint(HERE, peer.getsockname()[1])
            assert packet.interface == "lo"
            port.send(Datagram(b"me", packet.destination, packet.source, packet.interface))
            async with asyncio.timeout(200):
                data, source = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            assert (data, source) == (b"me", ("127.0.0.2", port.number))

    on_bench(run)


def test_udp_sends_a_reply_that_is_known_back_the_way_the_question_came(on_bench: OnBench) -> None:
    """From the address that was asked; what is not known comes to `receive`."""

    async def run(b: Bench) -> None:
        got: list[Datagram] = []
        port = b.udp(got.append, reply=lambda data, now: {b"who?": b"me"}.get(data))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.setblocking(False)
            for question in (b"what?", b"who?"):
                peer.sendto(question, ("127.0.0.2", port.number))
            async with asyncio.timeout(200):
                data, source = await asyncio.get_running_loop().sock_recvfrom(peer, 100)
            assert (data, source) == (b"me", ("127.0.0.2", port.number))
            source_port = peer.getsockname()[1]
        (packet,) = got
        assert (packet.data, packet.interface) == (b"what?", "lo")
        assert (packet.source, packet.destination) == (Endpoint(HERE, source_port), Endpoint(SECOND, port.number))

    on_bench(run)


def test_udp_counts_a_reply_that_it_cannot_send(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = b.udp(lambda _: None, reply=lambda data, now: bytes(70_000))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"?", ("127.0.0.1", port.number))
            await b.until(lambda: b.counters == {"send_failures": 1})

    on_bench(run)


def test_udp_knows_each_of_many_peers(on_bench: OnBench) -> None:
    """More than it remembers."""

    async def run(b: Bench) -> None:
        got: list[int] = []
        port = b.udp(lambda packet: got.append(packet.source.port))
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
        self.prefix = Prefix(HERE, 32)

    def ifindex(self, lan: str) -> int:
        return self.number

    def name(self, ifindex: int) -> str:
        return "lan" if ifindex == self.number else ""

    def interfaces(self) -> tuple[Interface, ...]:
        return (Interface("lan", HERE, self.prefix),)


@pytest.mark.parametrize("is_told", [True, False])
def test_udp_sends_by_the_interface_that_the_lan_has_now(on_bench: OnBench, is_told: bool) -> None:
    async def run(b: Bench) -> None:
        lan, counters, got = Lan(), Counter[str](), list[str]()
        owner = Owner(
            receive=lambda packet, now: got.append(packet.interface),
            settle=lambda: None,
            lans=lan,
            loop=asyncio.get_running_loop(),
            count=lambda counter: counters.update([counter]),
            fail=b.failures.append,
        )
        port = UdpPort(OpenPort(Udp()), Udp(), owner)
        packet = Datagram(b"x", Endpoint(ANY, 0), Endpoint(HERE, port.number), "lan")
        loopback = socket.if_nametoindex("lo")
        port.send(packet._replace(interface=""))
        await b.until(lambda: got == [""])  # nobody knows yet whose interface that is
        for number, lost in ((0, 1), (loopback + 10_000, 2), (loopback, 2)):
            lan.number = number
            if is_told:
                port.interface_changed(Interface("lan", HERE, Prefix(HERE, 32)))
            port.send(packet)
            assert counters["send_failures"] == lost
        await b.until(lambda: len(got) == 2)
        assert got[1] == ("lan" if is_told else "")
        port.close()

    on_bench(run)


@pytest.mark.parametrize(
    "packet",
    [
        Datagram(bytes(70_000), Endpoint(ANY, 0), Endpoint(HERE, 9)),  # EMSGSIZE
        Datagram(b"", Endpoint(Address.parse("192.0.2.1"), 0), Endpoint(HERE, 9)),  # a source that is not ours
        Datagram(b"", Endpoint(ANY, 0), Endpoint(HERE, 9), "no-such-lan"),
        Datagram(b"", Endpoint(ANY, 0), Endpoint(HERE, 99_999)),
    ],
)
def test_what_udp_cannot_send_is_counted(on_bench: OnBench, packet: Datagram) -> None:
    async def run(b: Bench) -> None:
        b.udp(lambda _: None).send(packet)
        assert b.counters == {"send_failures": 1}
        assert not b.failures

    on_bench(run)


def test_a_port_of_a_lan_without_interface_is_silent(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        port = b.udp(lambda _: None, interface="link1")
        port.join(Address.parse("224.0.0.9"), "")
        port.send(Datagram(b"", Endpoint(ANY, 0), Endpoint(HERE, 9), "link1"))
        assert b.counters == {"send_failures": 1}

    on_bench(run)


def test_what_a_receiver_raises_is_told(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:

        def receive(packet: Datagram) -> None:
            raise ZeroDivisionError(packet.data)

        port = b.udp(receive)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"x", ("127.0.0.1", port.number))
        await b.until(lambda: bool(b.failures))
        assert isinstance(b.failures[0], ZeroDivisionError)

    on_bench(run)


def test_udp_answers_many_at_once_each_as_if_it_came_alone(on_bench: OnBench) -> None:
    """Known and unknown ones in any order, from several peers; those beside one that cannot be sent are sent."""

    def known(data: bytes, now: float) -> bytes | None:
        return {b"k": b"known " + data, b"l": bytes(70_000), b"u": None}[data[:1]]

    async def run(b: Bench) -> None:
        got: list[tuple[bytes, Endpoint]] = []
        port = b.udp(lambda packet: got.append((packet.data, packet.source)), reply=known)
        with ExitStack() as stack:
            peers = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(3)]
            said = [b"%c%d" % (kind, number) for number, kind in enumerate(b"kkulkukkklukkuk" * 7)]
            for number, data in enumerate(said):
                peers[number % 3].sendto(data, ("127.0.0.1", port.number))
            unknown = [(data, number % 3) for number, data in enumerate(said) if data[:1] == b"u"]
            await b.until(lambda: len(got) == len(unknown))
            assert got == [(data, Endpoint(HERE, peers[number].getsockname()[1])) for data, number in unknown]
            for number, peer in enumerate(peers):
                peer.settimeout(60)
                wanted = [b"known " + data for data in said[number::3] if data[:1] == b"k"]
                assert [peer.recv(100) for _ in wanted] == wanted
        assert b.counters == {"send_failures": sum(data[:1] == b"l" for data in said)}

    on_bench(run)


def owner_on(b: Bench, lan: Lan) -> Owner:
    return Owner(
        receive=lambda packet, now: None,
        settle=lambda: None,
        lans=lan,
        loop=asyncio.get_running_loop(),
        count=b.count,
        fail=b.failures.append,
        reply=lambda data, now: b"known",
    )


def test_udp_asks_for_known_answers_only_where_the_port_was_opened_so(on_bench: OnBench) -> None:
    """A resolver's ports from which it asks answer nobody."""

    async def run(b: Bench) -> None:
        got: list[Datagram] = []
        port = UdpPort(
            OpenPort(Udp()), Udp(), replace(owner_on(b, Lan()), receive=lambda packet, now: got.append(packet))
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.connect(("127.0.0.1", port.number))
            peer.setblocking(False)
            peer.send(b"?")
            await b.until(lambda: bool(got))
            with pytest.raises(BlockingIOError):
                peer.recv(100)
        assert [packet.data for packet in got] == [b"?"]
        port.close()

    on_bench(run)


def test_udp_joins_a_group_on_every_lan_where_neither_names_one(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        lan = Lan()
        port = UdpPort(OpenPort(Udp()), Udp(), owner_on(b, lan))
        group = Address.parse("224.0.0.251")
        port.join(group, "")
        lan.number = socket.if_nametoindex("lo")
        port.interface_changed(lan.interfaces()[0])
        joined = "FB0000E0"  # in the kernel's own order of octets
        assert joined in Path("/proc/net/igmp").read_text().partition("lo")[2].partition(":\n")[0]
        port.leave(group, "")
        assert joined not in Path("/proc/net/igmp").read_text().partition("lo")[2].partition(":\n")[0]
        assert b.counters == {}
        port.close()

    on_bench(run)


def test_a_port_of_any_number_has_one_while_its_interface_is_away(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        ports = Ports(KernelNetwork(asyncio.get_running_loop()))
        ports.owner = owner_on(b, Lan())
        one, other = (ports.open(OpenPort(Udp(0, "lan"))) for _ in range(2))
        assert isinstance(one, Udp) and isinstance(other, Udp)
        assert 0 != one.number != other.number != 0
        ports.close()

    on_bench(run)


def test_a_port_beyond_all_numbers_is_refused(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        with pytest.raises(OSError, match="port 65536 is not between 0 and 65535"):
            UdpPort(OpenPort(Udp(65_536)), Udp(65_536), owner_on(b, Lan()))

    on_bench(run)


def test_what_answers_a_broadcast_comes_from_the_interfaces_own_address(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        lan = Lan()
        lan.number = socket.if_nametoindex("lo")
        lan.prefix = Prefix.parse("127.0.0.0/8")
        port = UdpPort(OpenPort(Udp()), Udp(), owner_on(b, lan))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(60)
            everybody = Endpoint(Address.parse("127.255.255.255"), port.number)
            port.send(Datagram(b"answer", everybody, Endpoint(HERE, peer.getsockname()[1]), "lan"))
            assert peer.recvfrom(100) == (b"answer", ("127.0.0.1", port.number))
        assert b.counters == {}
        port.close()

    on_bench(run)
