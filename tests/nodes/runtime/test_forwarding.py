"""Ports of a machine that passes datagrams on, over the loopback, with plain sockets around it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Action, ClosePort, Datagram, Endpoint, Interface, OpenPort, Port, Send, Udp, Way
from catenet.nodes.runtime.forwarding import ForwardingPort
from catenet.nodes.runtime.machine_run import MachineRun
from catenet.nodes.runtime.network import KernelNetwork

if TYPE_CHECKING:
    from conftest import Bench, OnBench

HERE = Address.parse("127.0.0.1")
SECOND = Address.parse("127.0.0.2")
IP_MTU_DISCOVER = 10


class Switch:
    """Two ports: what comes to the first leaves by the second, to whom `ways` says. `drop…` is dropped, `tell…` is
    received and answered, `close` closes the second."""

    def __init__(self, asked: tuple[OpenPort, OpenPort]) -> None:
        self.actions: list[Action] = list(asked)
        self.ports: list[Udp] = []
        self.ways: dict[bytes, Way] = {}
        self.seen: list[tuple[int, bytes]] = []
        self.received: list[Datagram] = []

    def forward(self, port: int, peer: bytes, data: bytes, now: float) -> tuple[bytes, Way] | tuple[()] | None:
        self.seen.append((port, peer))
        if data[:4] in (b"tell", b"clos"):
            return None
        return () if data.startswith(b"drop") else (data.upper(), self.ways[data[:1]])

    def receive(self, packet: Datagram, now: float) -> None:
        self.received.append(packet)
        self.actions.append(ClosePort(self.ports[1]) if packet.data == b"close" else Send(packet.reply(b"heard")))

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self.ports.append(port)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise AssertionError(why)

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


PORTS = OpenPort(Udp(0), tag=1, forwards=True), OpenPort(Udp(0), tag=2, forwards=True, keeps=1 << 16, fragments=True)


class Stand:
    """The machine at work, a client and a peer."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.loop = asyncio.get_running_loop()
        self.machine = Switch(PORTS)
        self.run = MachineRun(
            self.machine,
            network=KernelNetwork(self.loop),
            lans=bench.lans,
            loop=self.loop,
            perform=lambda action: None,
            count=bench.count,
            fail=bench.failures.append,
            service="switch",
            told={},
        )
        self.run.begin()
        self.client, self.peer = _socket(), _socket()
        self.way = Way(self.machine.ports[1], _end(self.peer))
        self.machine.ways[b"a"] = self.way

    def say(self, data: bytes) -> None:
        self.client.sendto(data, (str(HERE), self.machine.ports[0].number))

    async def heard(self, by: socket.socket) -> tuple[bytes, tuple[str, int]]:
        async with asyncio.timeout(200):
            return await self.loop.sock_recvfrom(by, 2000)

    def port(self, number: int) -> ForwardingPort:
        opened = self.run.ports._udp[self.machine.ports[number]]
        assert isinstance(opened, ForwardingPort)
        return opened

    def __enter__(self) -> Stand:
        return self

    def __exit__(self, *_: object) -> None:
        self.run.close()
        self.client.close()
        self.peer.close()


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((str(HERE), 0))
    made.setblocking(False)
    return made


def _end(of: socket.socket) -> Endpoint:
    address, port = of.getsockname()
    return Endpoint(Address.parse(address), port)


def test_what_comes_to_one_port_leaves_by_another(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            stand.say(b"a word")
            data, source = await stand.heard(stand.peer)
            assert data == b"A WORD"
            assert source[1] == stand.machine.ports[1].number
            client = _end(stand.client)
            packed = client.address.pack() + client.port.to_bytes(2, "big")
            assert stand.machine.seen == [(stand.machine.ports[0].number, packed)]
            assert stand.machine.received == []

    on_bench(run)


def test_it_comes_from_the_address_that_its_way_names(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            for letter, source in ((b"b", SECOND), (b"c", ANY)):
                stand.machine.ways[letter] = Way(stand.machine.ports[1], _end(stand.peer), source)
                stand.say(letter)
                heard = await stand.heard(stand.peer)
                assert heard[1][0] == str(source if source != ANY else HERE)

    on_bench(run)


def test_what_is_dropped_goes_nowhere_and_what_is_not_known_is_received(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            stand.say(b"drop it")
            stand.say(b"tell me")
            assert (await stand.heard(stand.client))[0] == b"heard"
            (packet,) = stand.machine.received
            assert packet == Datagram(
                b"tell me", _end(stand.client), Endpoint(HERE, stand.machine.ports[0].number), "lo"
            )
            assert len(stand.machine.seen) == 2
            assert bench.counters == {}

    on_bench(run)


def test_many_at_once_keep_their_order(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            sent = [b"a%d" % number for number in range(150)]
            for data in sent:
                stand.say(data)
            assert [(await stand.heard(stand.peer))[0] for _ in sent] == [data.upper() for data in sent]

    on_bench(run)


def test_what_cannot_leave_is_counted(on_bench: OnBench) -> None:
    """A port that is closed, a peer that cannot be, and what is too long; nothing is raised."""

    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            stand.machine.ways[b"b"] = Way(stand.machine.ports[1], Endpoint(HERE, 70_000))
            stand.say(b"b")
            await bench.until(lambda: bench.counters.get("send_failures") == 1)
            stand.port(1).pass_on(bytes(70_000), stand.way)
            assert bench.counters["send_failures"] == 2
            stand.say(b"close")
            await bench.until(lambda: stand.machine.ports[1] not in stand.run.ports._udp)
            stand.say(b"a")
            await bench.until(lambda: bench.counters.get("send_failures") == 3)
            assert bench.failures == []

    on_bench(run)


def test_the_ports_read_into_one_inbox(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            assert stand.port(0)._passage is stand.port(1)._passage
            assert stand.port(0)._boxes is None
            assert stand.port(1)._boxes is None

    on_bench(run)


def test_how_much_a_port_keeps_and_whether_it_may_be_fragmented(on_bench: OnBench) -> None:
    """RFC 8656 section 14; ip(7): IP_PMTUDISC_DONT is 0, and by default the kernel finds the path's MTU."""

    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            first, second = (stand.port(number)._socket for number in (0, 1))
            assert first is not None
            assert second is not None
            assert second.getsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER) == 0
            assert first.getsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER) != 0
            assert second.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 1 << 16

    on_bench(run)


def test_ways_are_worked_out_anew_when_an_interface_is_another_one(on_bench: OnBench) -> None:
    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            stand.say(b"a")
            await stand.heard(stand.peer)
            port = stand.port(1)
            assert list(port._targets_of) == [stand.way]
            port.interface_changed(Interface("lan", HERE, Prefix.of(HERE, 8)))
            assert port._targets_of == {}
            stand.say(b"a")
            assert (await stand.heard(stand.peer))[0] == b"A"

    on_bench(run)


def test_a_port_that_the_one_before_it_closes_is_not_read_any_more(on_bench: OnBench) -> None:
    """Both have something when the loop looks."""

    async def run(bench: Bench) -> None:
        with Stand(bench) as stand:
            first, second = stand.machine.ports
            passage = stand.port(0)._passage
            stand.say(b"close")
            stand.client.sendto(b"drop", (str(HERE), second.number))
            await bench.until(lambda: second not in stand.run.ports._udp)
            stand.say(b"tell me")
            assert (await stand.heard(stand.client))[0] == b"heard"
            assert {number for number, _ in stand.machine.seen} == {first.number}
            assert bench.failures == []
        assert passage._poll is None
        assert passage.ports == {}

    on_bench(run)
