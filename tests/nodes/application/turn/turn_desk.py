"""A supernode by itself, and clients of it: what they say goes to its machine, and its actions are done at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    DATA,
    ERROR_CODE,
    REQUESTED_TRANSPORT,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.integrity import verify
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.machine import ClosePort, Datagram, Endpoint, Interface, OpenPort, Port, Report, Send, Udp

SECRET = "a secret of the tests"
WALL = 1_893_456_000.0
"""Seconds since 1970 at the machine's time 0."""
UDP = REQUESTED_TRANSPORT.of(17)


def end(text: str) -> Endpoint:
    """`10.0.0.1:5000` → Endpoint."""
    address, _, port = text.partition(":")
    return Endpoint(Address.parse(address), int(port))


SERVER = end("10.0.0.1:3478")
PEER = end("10.0.2.7:7000")


def interface(name: str, address: str, length: int = 24) -> Interface:
    there = Address.parse(address)
    return Interface(name, there, Prefix.of(there, length))


def entropy(seed: int = 0) -> Any:
    """Octets that are other ones at each call, and the same in each run."""
    calls = itertools.count(seed << 32)

    def octets(count: int) -> bytes:
        import hashlib

        return hashlib.shake_128(next(calls).to_bytes(8, "big")).digest(count)

    return octets


class Desk:
    """`sent`: the datagrams; `open`: its ports; `taken`: relay ports that others on the node have."""

    def __init__(self, *interfaces: Interface, lans: Iterable[str] = ("10.0.0.0/16",), **options: Any) -> None:
        self.options = SupernodeOptions(**{"secret": SECRET, **options})
        self.counters: Counter[str] = Counter()
        self.now = 0.0
        policy = Policy(interfaces or (interface("lan", "10.0.0.1"),), map(Prefix.parse, lans), self.options.denied)
        self.machine = Supernode(
            self.options,
            policy,
            realm="lab",
            entropy=entropy(),
            wall_clock=lambda: WALL + self.now,
            count=self._count,
        )
        self.sent: list[Datagram] = []
        self.reports: list[Report] = []
        self.open: dict[Port, OpenPort] = {}
        self.taken: set[int] = set()
        self.settle()

    def _count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by

    def settle(self) -> None:
        while actions := self.machine.take_actions():
            for action in actions:
                if isinstance(action, Send):
                    assert isinstance(action.packet, Datagram)
                    assert Udp(action.packet.source.port) in self.open
                    self.sent.append(action.packet)
                elif isinstance(action, Report):
                    self.reports.append(action)
                elif isinstance(action, OpenPort):
                    self._open(action)
                elif isinstance(action, ClosePort):
                    self.open.pop(action.port, None)

    def _open(self, asked: OpenPort) -> None:
        port = asked.port
        if port in self.open or (isinstance(port, Udp) and port.number in self.taken):
            self.machine.port_failed(asked, "Address already in use", self.now)
        else:
            self.open[port] = asked
            self.machine.port_opened(asked, port, self.now)

    def hear(self, data: bytes, source: Endpoint, destination: Endpoint = SERVER) -> list[Datagram]:
        """What is sent because of a datagram."""
        before = len(self.sent)
        self.machine.receive(Datagram(data, source, destination, "lan"), self.now)
        self.settle()
        return self.sent[before:]

    def wait(self, seconds: float) -> None:
        """Let time pass; the machine is woken when it wants to be."""
        until = self.now + seconds
        while (wake := self.machine.next_wake()) is not None and wake <= until:
            self.now = max(self.now, wake)
            self.machine.wake(self.now)
            self.settle()
        self.now = until

    @property
    def relay_ports(self) -> list[int]:
        return [port.number for port in self.open if isinstance(port, Udp) and port.number != self.options.port]

    def client(self, address: str = "10.0.1.2:4000", user: str = "alice", **more: Any) -> Client:
        return Client(self, end(address), user, **more)


class Client:
    """One that has credentials; `request` says which a request is."""

    _transactions = itertools.count(1)

    def __init__(
        self, desk: Desk, here: Endpoint, user: str, *, expires: float = 3600.0, server: Endpoint = SERVER
    ) -> None:
        self.desk = desk
        self.here = here
        self.server = server
        self.username = f"{int(WALL + desk.now + expires)}:{user}"
        self.login = Login(self.username, password_of(self.username, SECRET.encode()))
        self.relay: Endpoint | None = None

    def request(self, method: Method, *attributes: Attribute, kind: Kind = Kind.REQUEST) -> Message:
        return Message(method, kind, next(self._transactions).to_bytes(12, "big"), attributes)

    def exchange(self, request: Message) -> Message | None:
        """Say it as it is, signed if possible → the answer, whose integrity is right; challenges are answered."""
        complete, signing = self.login.sign(request)
        data = complete.encode() if signing is None else signing.encode(complete)
        answers = self.desk.hear(data, self.here, self.server)
        if not answers:
            return None
        (answer,) = answers
        assert (answer.source, answer.destination) == (self.server, self.here)
        response = Message.parse(answer.data)
        assert response.transaction == request.transaction
        if self.login.challenged(complete, response):
            return self.exchange(self.request(request.method, *request.attributes))
        assert signing is None or code_of(response) == 401 or verify(answer.data, signing.key)
        return response

    def ask(self, method: Method, *attributes: Attribute) -> Message:
        response = self.exchange(self.request(method, *attributes))
        assert response is not None
        return response

    def code(self, method: Method, *attributes: Attribute) -> int:
        """The error's; 0: success."""
        return code_of(self.ask(method, *attributes))

    def allocate(self, *attributes: Attribute) -> Message:
        response = self.ask(Method.ALLOCATE, UDP, *attributes)
        assert response.kind == Kind.SUCCESS, response
        relay = response.get(XOR_RELAYED_ADDRESS)
        assert isinstance(relay, Endpoint)
        self.relay = relay
        return response

    def permit(self, *peers: Endpoint) -> int:
        return self.code(Method.CREATE_PERMISSION, *map(XOR_PEER_ADDRESS.of, peers))

    def bind(self, number: int, peer: Endpoint) -> int:
        return self.code(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(number), XOR_PEER_ADDRESS.of(peer))

    def say(self, data: bytes) -> list[Datagram]:
        """Something that is no request."""
        return self.desk.hear(data, self.here, self.server)

    def send(self, peer: Endpoint, data: bytes, *more: Attribute) -> list[Datagram]:
        """By a Send indication."""
        attributes = XOR_PEER_ADDRESS.of(peer), DATA.of(data), *more
        return self.say(self.request(Method.SEND, *attributes, kind=Kind.INDICATION).encode())

    def hears(self, peer: Endpoint, data: bytes) -> list[bytes]:
        """What it gets of what a peer sends to its relayed transport address."""
        assert self.relay is not None
        return [each.data for each in self.desk.hear(data, peer, self.relay) if each.destination == self.here]


def code_of(response: Message) -> int:
    error = response.get(ERROR_CODE)
    return 0 if error is None else error.code
