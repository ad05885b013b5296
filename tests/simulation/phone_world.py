"""Two conversations over a network with supernodes: what was heard, frame by frame, and what they tell."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from functools import partial
from math import pi, sin
from typing import NamedTuple

from network import Network, Node
from talker import servers, supernode

from catenet.nodes.address import ANY, DEFAULT, Address
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.phone.conversation import Conversation
from catenet.nodes.application.phone.terms import Event, Options, Ports, Sound, Terms
from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.session import Side
from catenet.nodes.application.turn.connection import ServerConnection
from catenet.nodes.machine import (
    Action,
    Connect,
    Datagram,
    Endpoint,
    Flush,
    Interface,
    NextHop,
    OpenPort,
    Port,
    Send,
    SetRoute,
    Udp,
)

LANS = {"east": "10.0.1.0/24", "west": "10.0.2.0/24", "middle": "10.0.3.0/24"}
PLACES = {"a": ("east", "10.0.1.7"), "b": ("west", "10.0.2.7")}
MEDIA, SPARE = 5000, 5001
PERIOD = 0.02
ALLOWED = 1.0
"""Seconds of silence when a supernode dies: the promise is 2."""

_LOUD = 8000
TONE = array("h", [int(_LOUD * sin(2 * pi * 400 * place / 8000)) for place in range(160)]).tobytes()
"""20 ms of 400 Hz: eight whole periods, so that frame follows frame without a click."""


def supernode_at(number: int) -> Endpoint:
    return Endpoint(Address.parse(f"10.0.3.{11 + number}"), 3478)


def name_of(address: Address) -> str:
    return f"s{int(str(address).rsplit('.', 1)[1]) - 11}"


def is_loud(frame: bytes) -> bool:
    """Whether it is the tone as it was said: what is made for a lost frame gets quieter before its end."""
    samples = array("h", frame)
    return max(samples[100:]) > 0.93 * _LOUD


class Phone:
    """A node's conversation, and what its user hears."""

    def __init__(self, node: Node, servers: Iterable[Server], *, controlling: bool, relayed_only: bool) -> None:
        own = next(iter(node.addresses))
        self.ports = Ports(own, MEDIA, SPARE)
        self.controlling = controlling
        self.talk = Conversation(
            self.ports,
            tuple(servers),
            Options(cname=f"{node.name}@lab", relayed_only=relayed_only),
            Sound(lambda: TONE, self.hear),
            controlling=controlling,
            entropy=node.random.randbytes,
            randomness=node.random,
            count=lambda counter, by=1: node.counters.update({counter: by}),
        )
        self.heard: list[bool] = []
        self.deaf_to = ANY  # nothing comes from there
        self.udp_blocked = False  # neither comes nor leaves
        self.kept_from = 0  # how many packets of media are kept
        self.kept: list[bytes] = []
        self.events: list[tuple[float, Event]] = []
        self.now = 0.0
        self._asked = {MEDIA, SPARE}
        self._tags: dict[int, tuple[int, Endpoint]] = {}
        self._streams: dict[tuple[int, Endpoint], ServerConnection] = {}
        self._actions: list[Action] = [OpenPort(Udp(MEDIA)), OpenPort(Udp(SPARE))]

    def hear(self, frame: bytes) -> None:
        self.heard.append(is_loud(frame))

    @property
    def longest_silence(self) -> float:
        """Seconds without the tone, after it was first heard."""
        longest = run = 0
        for loud in self.heard[self.heard.index(True) :] if True in self.heard else ():
            run = 0 if loud else run + 1
            longest = max(longest, run)
        return longest * PERIOD

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of a kind."""
        return [event for _, event in self.events if isinstance(event, kind)]

    def own_servers(self) -> set[Address]:
        """The supernodes to which it has connections."""
        return {server.address for _, server in self._streams}

    # As a machine.

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        assert isinstance(port, Udp)
        self._asked.discard(port.number)
        if not self._asked:
            self.talk.gather(now)

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        raise AssertionError(why)

    def receive(self, packet: Datagram, now: float) -> None:
        self.now = now
        if self.udp_blocked or packet.source.address == self.deaf_to:
            return
        if packet.data[:1] == b"\x80" and len(self.kept) < self.kept_from:
            self.kept.append(packet.data)
        self.talk.receive(packet.data, packet.source, packet.destination.port, now)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> ServerConnection:
        port, server = self._tags[tag]
        stream = ServerConnection(server, partial(self._arrived, port), partial(self._over, port))
        self._streams[port, server] = stream
        self.talk.connected(port, server, now)
        self._send(now)
        return stream

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        port, server = self._tags[tag]
        self.talk.connection_ended(port, server, now)

    def _arrived(self, port: int, message: bytes, server: Endpoint, now: float) -> None:
        self.talk.receive(message, server, port, now)

    def _over(self, port: int, server: Endpoint) -> None:
        del self._streams[port, server]
        self.talk.connection_ended(port, server, self.now)

    def wake(self, now: float) -> None:
        self.now = now
        self.talk.wake(now)

    def next_wake(self) -> float | None:
        return self.talk.next_wake()

    def _send(self, now: float) -> None:
        for port, data, destination, tcp in self.talk.take_sends():
            if not tcp and not self.udp_blocked:
                self._actions.append(Send(Datagram(data, Endpoint(ANY, port), destination)))
            elif tcp and (port, destination) in self._streams:
                stream = self._streams[port, destination]
                stream.send(data)
                self._actions.append(Flush(stream))

    def take_actions(self) -> list[Action]:
        self._send(self.now)
        for port, server in self.talk.take_connections():
            tag = len(self._tags)
            self._tags[tag] = port, server.endpoint
            self._actions.append(Connect(server.endpoint, tag, 3.0))
        self.events += [(self.now, event) for event in self.talk.take_events()]
        actions, self._actions = self._actions, []
        return actions


class Router:
    """Its kernel forwards."""

    def __init__(self, node: Node) -> None:
        self._actions: list[Action] = [OpenPort(Udp(1))]

    def receive(self, packet: Datagram, now: float) -> None:
        """Nothing comes."""

    def wake(self, now: float) -> None:
        """Never."""

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


class Gate(Router):
    """A node's way to everywhere else: by the first of its interfaces that is up."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._node = node
        self.set_interface(node.interfaces[0], 0.0)

    def set_interface(self, interface: Interface, now: float) -> None:
        first = next((each for each in self._node.interfaces if each.up), None)
        if first is not None:
            gateway = NextHop(Address(first.prefix.network + 1), first.name)
            self._actions.append(SetRoute(DEFAULT, (gateway,)))


class World(NamedTuple):
    """`network`; `a`, the caller, and `b`."""

    network: Network
    a: Phone
    b: Phone

    @property
    def both(self) -> tuple[Phone, Phone]:
        return self.a, self.b

    def do(self, name: str, what: Callable[[Phone, float], None]) -> None:
        """Something with one of the phones, now."""
        process = self.network.nodes[name].processes[1]
        what(process.machine, self.network.now)  # type: ignore[arg-type]  # that is what it is
        self.network.settle(process)

    def introduce(self, *, encrypted: bool = True, with_spare: bool = True) -> None:
        """Each learns what the other offers, as by the directory."""
        keys = [MasterKey(bytes(range(k, k + 16)), bytes(range(k, k + 12))) if encrypted else None for k in (1, 101)]
        sides = Side(0x1111, 100, keys[0]), Side(0x2222, 32_000, keys[1])
        told = [(each.talk.credentials, as_told(each.talk.candidates)) for each in self.both]
        spares = [each.talk.spare._replace(candidates=as_told(each.talk.spare.candidates)) for each in self.both]
        for number, name in enumerate("ab"):
            spare = spares[1 - number] if with_spare else None
            terms = Terms(sides[number], sides[1 - number], *told[1 - number], spare)
            self.do(name, lambda phone, now, terms=terms: phone.talk.begin(terms, now))  # type: ignore[misc]

    def answer(self) -> None:
        for name in "ab":
            self.do(name, lambda phone, now: phone.talk.start_media(now))

    def talk(self, seconds: float, *, encrypted: bool = True, with_spare: bool = True) -> None:
        """From nothing to a call that has lasted so long."""
        gathered = lambda: all(each.talk.is_gathered(self.network.now) for each in self.both)  # noqa: E731
        assert self.network.run_until(gathered, within=3.5) is not None
        self.introduce(encrypted=encrypted, with_spare=with_spare)
        self.answer()
        self.network.run(seconds)

    def carriers(self) -> list[str]:
        """The supernodes that carry it now."""
        path = self.a.talk.statistics(self.network.now).path
        assert path is not None and path.way == "relayed"
        return [name_of(each) for each in path.by]

    def slow(self, *, loss: float = 0.0) -> None:
        """Ten milliseconds a LAN, some jitter; each way crosses `east` once."""
        for lan in LANS:
            self.network.impair(lan, delay=0.011, jitter=0.002, loss=loss if lan == "east" else 0)

    def assert_heard(self, seconds: float = 1.0) -> None:
        """From now on everybody hears everybody."""
        before = [len(each.heard) for each in self.both]
        self.network.run(seconds)
        for each, start in zip(self.both, before, strict=True):
            assert all(each.heard[start:]) and len(each.heard) - start >= seconds / PERIOD - 1


def as_told(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """As text, and back."""
    return tuple(each for each in (Candidate.parse(str(c)) for c in candidates) if each is not None)


def world(seed: int = 1, *, supernodes: int = 3, relayed_only: bool = True) -> World:
    network = Network(seed=seed)
    for name, prefix in LANS.items():
        network.add_lan(name, prefix)
    network.add_node("r", {name: prefix.replace("0/24", "1") for name, prefix in LANS.items()}, Router)
    places = [supernode_at(number) for number in range(supernodes)]
    for number, each in enumerate(places):
        network.add_node(
            f"s{number}", {"middle": str(each.address)}, Gate, lambda node: supernode(node, [*LANS.values()])
        )
    known = servers(places)
    for name, (lan, address) in PLACES.items():

        def make(node: Node, name: str = name) -> Phone:
            return Phone(node, known, controlling=name == "a", relayed_only=relayed_only)

        network.add_node(name, {lan: address}, Gate, make)
    a, b = (network.nodes[name].processes[1].machine for name in PLACES)
    assert isinstance(a, Phone) and isinstance(b, Phone)
    return World(network, a, b)
