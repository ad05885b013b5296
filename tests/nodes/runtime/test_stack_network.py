"""The network of a stack of our own: what its ports hear comes to whose they are, and what they send leaves in one go.
The stack is a toy without layers."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import (
    Action,
    Crossing,
    Datagram,
    Endpoint,
    Frame,
    Interface,
    IpPacket,
    OpenPort,
    Report,
    Send,
    Udp,
    Way,
)
from catenet.nodes.runtime.forwarding import Passage
from catenet.nodes.runtime.network import StreamOwner
from catenet.nodes.runtime.port import Owner
from catenet.nodes.runtime.stack_network import StackDriver, StackNetwork, StackPort

HERE, PEER = Endpoint(Address.parse("10.0.1.1"), 7), Endpoint(Address.parse("10.0.1.2"), 5000)
GROUP = Address.parse("224.0.0.9")
LANS = tuple(
    Interface(lan, Address(prefix.network + 1), prefix)
    for lan, prefix in (("link1", Prefix.parse("10.0.1.0/24")), ("link2", Prefix.parse("10.0.2.0/24")))
)


class Lans:
    def ifindex(self, lan: str) -> int:
        return 1

    def name(self, ifindex: int) -> str:
        return "link1"

    def interfaces(self) -> tuple[Interface, ...]:
        return LANS


class Toy:
    """Each frame is for the port of that key; a datagram for 127.0.0.1 comes back to the port that sent it."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.heard: list[tuple[int, Datagram | IpPacket]] = []
        self.groups: list[tuple[int, Address, str]] = []
        self.keys = 0
        self.closed: list[int] = []
        self.replies: dict[int, Callable[[bytes, float], bytes | None]] = {}
        self.mute = False

    def receive(self, frame: Frame, now: float) -> None:
        self.heard.append((frame.ethertype, Datagram(frame.data, PEER, HERE, frame.interface)))

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions

    def open(self, asked: OpenPort, now: float) -> tuple[int, int]:
        assert isinstance(asked.port, Udp)
        if asked.port.number == 9:
            raise OSError(errno.EADDRINUSE, "taken")
        self.keys += 1
        return self.keys, asked.port.number or 40_000

    def close(self, key: int) -> None:
        self.closed.append(key)

    def join(self, key: int, group: Address, interface: str) -> bool:
        self.groups.append((key, group, interface))
        return len(self.groups) < 4

    def leave(self, key: int, group: Address, interface: str) -> bool:
        return (key, group, interface) in self.groups

    def send(self, key: int, unit: Datagram | IpPacket, now: float) -> bool:
        if self.mute:
            return False
        assert isinstance(unit, Datagram)
        if unit.destination.address == Address.parse("127.0.0.1"):
            self.heard.append((key, unit))
        else:
            self.actions.append(Send(Frame(unit.data, b"", b"", key, unit.interface)))
        return True

    def reply_by(self, key: int, reply: Callable[[bytes, float], bytes | None]) -> None:
        self.replies[key] = reply

    def take_delivered(self) -> list[tuple[int, Datagram | IpPacket]]:
        heard, self.heard = self.heard, []
        return heard


class World:
    """A driver, a network, and owners who note what they get."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.toy = Toy()
        self.sent: list[list[bytes]] = []
        self.performed: list[Action] = []
        self.failures: list[Exception] = []
        self.on_perform: Callable[[], None] = lambda: None
        self.driver = StackDriver(self.toy, self.send, self.perform, self.failures.append, self.loop)
        self.network = StackNetwork(self.toy, self.driver, self.loop)
        self.got: list[bytes] = []
        self.settled = 0
        self.counted: dict[str, int] = {}
        self.on_receive: Callable[[Datagram], None] = lambda _: None

    def send(self, frames: Sequence[Frame]) -> None:
        self.sent.append([frame.data for frame in frames])

    def perform(self, action: Action) -> None:
        self.performed.append(action)
        self.on_perform()

    def owner(self, **more: Any) -> Owner:
        def receive(unit: Datagram, now: float) -> None:
            self.got.append(unit.data)
            self.on_receive(unit)

        def settle() -> None:
            self.settled += 1

        return Owner(receive, settle, Lans(), self.loop, self.count, self.failures.append, **more)

    def count(self, counter: str) -> None:
        self.counted[counter] = self.counted.get(counter, 0) + 1

    def open(self, asked: OpenPort | None = None, **more: Any) -> StackPort:
        port, _ = self.network.open(asked or OpenPort(Udp(7)), self.owner(**more))
        assert isinstance(port, StackPort)
        return port

    def feed(self, *data: bytes, key: int = 1) -> None:
        for each in data:
            self.driver.feed(Frame(each, b"", b"", key, "link1"), self.loop.time())
        self.driver.settle()


def world(test: Callable[[World], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        async def go() -> None:
            made = World()
            await test(made)
            assert made.failures == []

        asyncio.run(go())

    return run


@world
async def test_what_came_together_is_handed_up_in_order_and_settled_once(w: World) -> None:
    w.open()
    w.feed(b"1", b"2", b"3")
    assert (w.got, w.settled) == ([b"1", b"2", b"3"], 1)


@world
async def test_what_is_sent_meanwhile_leaves_in_one_go_at_once(w: World) -> None:
    port = w.open()
    w.on_receive = lambda unit: port.send(unit.reply(b"re " + unit.data))
    w.feed(b"1", b"2")
    assert w.sent == [[b"re 1", b"re 2"]]


@world
async def test_what_is_sent_out_of_turn_leaves_soon_and_together(w: World) -> None:
    port = w.open()
    await asyncio.sleep(0)
    for data in (b"1", b"2"):
        port.send(Datagram(data, HERE, PEER))
    assert w.sent == []
    await asyncio.sleep(0)
    assert w.sent == [[b"1", b"2"]]


@world
async def test_two_that_talk_to_themselves_for_ever_do_not_stop_the_node(w: World) -> None:
    port = w.open()
    here = HERE._replace(address=Address.parse("127.0.0.1"))
    w.on_receive = lambda unit: port.send(Datagram(b"again", HERE, here))
    w.feed(b"go")
    for _ in range(3):
        told = len(w.got)
        await asyncio.sleep(0)
        assert len(w.got) > told
    port.close()
    told = len(w.got)
    await asyncio.sleep(0)
    assert len(w.got) == told


@world
async def test_more_than_a_port_keeps_is_dropped_and_counted(w: World) -> None:
    w.open(OpenPort(Udp(7), keeps=2 * (100 + 512)))
    w.feed(*[bytes([number]) * 100 for number in range(5)])
    assert (w.got, w.counted) == ([bytes(100), b"\x01" * 100], {"receive_overruns": 3})
    w.feed(b"next", b"and next")  # what was taken waits no more
    assert w.got[2:] == [b"next", b"and next"]


@world
async def test_a_port_that_is_closed_while_it_is_emptied_gives_nothing_more(w: World) -> None:
    port = w.open()
    w.on_receive = lambda _: port.close()
    w.feed(b"1", b"2")
    assert w.got == [b"1"]


@world
async def test_an_answer_that_is_known_is_no_packet_to_the_machine(w: World) -> None:
    w.open(OpenPort(Udp(7), answers=True), reply=lambda data, now: {b"who?": b"me"}.get(data))
    w.feed(b"who?", b"what?")
    assert (w.got, w.sent) == ([b"what?"], [[b"me"]])


@world
async def test_the_stack_may_ask_for_answers_itself_and_their_owner_settles_behind_them(w: World) -> None:
    """What the owner raises then is its own affair."""
    failures: list[Exception] = []
    owner = replace(w.owner(reply=lambda data, now: {b"who?": b"me"}[data]), fail=failures.append)
    w.network.open(OpenPort(Udp(7), answers=True), owner)
    (reply,) = w.toy.replies.values()
    assert (reply(b"who?", 0.0), w.settled) == (b"me", 0)
    assert reply(b"what?", 0.0) is None
    w.driver.settle()
    assert (w.settled, [type(each) for each in failures]) == (1, [KeyError])


@world
async def test_a_port_that_hears_ttls_gives_no_answer_early(w: World) -> None:
    w.open(OpenPort(Udp(7), answers=True, hears_ttl=True), reply=lambda data, now: b"me")
    w.feed(b"who?")
    assert (w.got, w.sent, w.toy.replies) == ([b"who?"], [], {})


@world
async def test_what_is_passed_on_leaves_by_another_port_and_nothing_is_received(w: World) -> None:
    seen = []

    def forward(number: int, peer: bytes, data: bytes, now: float) -> tuple[bytes, Way] | tuple[()] | None:
        seen.append((number, peer))
        if data == b"drop":
            return ()
        return (b"on " + data, Way(Udp(int(data)), PEER)) if data.isdigit() else None

    passage = Passage(forward)
    for number in (7, 8):
        w.open(OpenPort(Udp(number), forwards=True), passage=passage)
    w.feed(b"8", b"drop", b"mine", b"99")
    assert (w.got, w.sent) == ([b"mine"], [[b"on 8"]])
    assert w.counted == {"send_failures": 1}
    assert set(seen) == {(7, bytes([10, 0, 1, 2]) + (5000).to_bytes(2, "big"))}


@world
async def test_a_port_without_a_lan_joins_on_each_and_what_fails_is_counted(w: World) -> None:
    port = w.open()
    port.join(GROUP, "")
    port.join(GROUP, "link2")
    assert w.toy.groups == [(1, GROUP, "link1"), (1, GROUP, "link2"), (1, GROUP, "link2")]
    one = w.open(OpenPort(Udp(7, "link2")))
    one.join(GROUP, "")
    assert (w.toy.groups[3:], w.counted) == ([(2, GROUP, "link2")], {"group_failures": 1})
    with pytest.raises(TypeError):
        port.join(b"\x01\x00\x5e\x00\x00\x09", "")


@world
async def test_what_cannot_be_sent_is_counted_and_a_closed_port_is_closed(w: World) -> None:
    port = w.open()
    w.toy.mute = True
    port.send(Datagram(b"x", HERE, PEER))
    w.toy.mute = False
    port.close()
    port.send(Datagram(b"x", HERE, PEER))
    w.feed(b"late")
    assert (w.counted, w.got, w.toy.closed) == ({"send_failures": 2}, [], [1])


def test_what_an_owner_raises_is_its_own_failure() -> None:
    async def run() -> None:
        w = World()

        def refuse(unit: Datagram) -> None:
            raise ZeroDivisionError

        w.on_receive = refuse
        w.open()
        w.feed(b"1", b"2")
        assert [type(each) for each in w.failures] == [ZeroDivisionError]

    asyncio.run(run())


@world
async def test_the_stacks_other_actions_are_performed_in_order(w: World) -> None:
    report = Report("x.y", "", {})
    one, two, three = (Send(Frame(data, b"", b"", 1, "link1")) for data in (b"1", b"2", b"3"))
    w.toy.actions = [one, two, report, three]
    w.on_perform = lambda: w.sent.append([b"report"])
    w.driver.settle()
    assert (w.performed, w.sent) == ([report], [[b"1", b"2"], [b"report"], [b"3"]])


@world
async def test_packets_that_cross_the_node_and_taken_ports_are_refused(w: World) -> None:
    with pytest.raises(OSError, match="cannot be had") as refused:
        w.network.open(OpenPort(Crossing((HERE.address,))), w.owner())
    assert refused.value.errno == errno.EOPNOTSUPP
    with pytest.raises(OSError, match="taken"):
        w.network.open(OpenPort(Udp(9)), w.owner())


class Listener:
    """An owner of connections."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def perform(self, action: Report) -> None:
        self.reports.append(action)


@world
async def test_ports_for_connections_are_mute_and_say_so_once(w: World) -> None:
    owner = Listener()
    streams = w.network.streams(cast(StreamOwner, owner))
    for port in (53, 80):
        streams.listen(port, lambda end: pytest.fail("nobody connects"))
    assert [(each.kind, each.data) for each in owner.reports] == [("service.mute", {"port": 53})]
    with pytest.raises(OSError, match="no TCP") as refused:
        await streams.connect(PEER, lambda end: pytest.fail("it stands"), 1.0)
    assert refused.value.errno == errno.EOPNOTSUPP
    streams.close_port(53)
    streams.close()
