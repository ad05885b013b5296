"""A supernode, clients of it over UDP or TCP, and a peer, in the simulated network."""

from __future__ import annotations

from network import Network, Node

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.application.stun.attributes import (
    CHANNEL_NUMBER,
    DATA,
    LIFETIME,
    REQUESTED_TRANSPORT,
    XOR_PEER_ADDRESS,
    XOR_RELAYED_ADDRESS,
    Attribute,
)
from catenet.nodes.application.stun.credentials import Login
from catenet.nodes.application.stun.framing import Frames, channel_data, is_channel_data, padded, read_channel_data
from catenet.nodes.application.stun.message import Kind, Message, Method
from catenet.nodes.application.stun.transaction import Transaction
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.application.turn.machine import Supernode
from catenet.nodes.application.turn.policy import Policy
from catenet.nodes.machine import Action, Connect, Datagram, Endpoint, Flush, OpenPort, Send, Udp

SECRET = "a secret of the simulation"
SUPERNODE = Address.parse("10.0.0.1")
SERVER = Endpoint(SUPERNODE, 3478)
PORT = 5000
WALL = 1_893_456_000.0
LAN = "lan"


def supernode(node: Node, **options: object) -> Supernode:
    return Supernode(
        SupernodeOptions(**{"secret": SECRET, **options}),
        Policy(node.interfaces, [Prefix.parse("10.0.0.0/24")], ()),
        realm="simulated",
        entropy=node.random.randbytes,
        wall_clock=lambda: WALL,
        count=lambda word, by=1: node.counters.update({word: by}),
    )


class Pipe:
    """The client's end of a connection."""

    def __init__(self, client: TurnClient) -> None:
        self.client = client
        self.frames = Frames()
        self.out = bytearray()
        self.finished = False
        self.ended = False

    def receive_data(self, data: bytes, now: float) -> None:
        self.frames.receive(data)
        while (message := self.frames.next()) is not None:
            self.client.hear(message, now)

    def receive_eof(self, now: float) -> None:
        self.ended = True

    def data_to_send(self) -> bytes:
        data, self.out = bytes(self.out), bytearray()
        return data

    def next_wake(self) -> None: ...

    def wake(self, now: float) -> None: ...

    def take_reports(self) -> list:
        return []


class TurnClient:
    """Does one request after the other, each until it is answered. `heard`: what came by a channel, by its number;
    `indicated`: by Data indications; `codes`: of each request, 0 for a success."""

    def __init__(self, node: Node, user: str, *, tcp: bool = False) -> None:
        self.node = node
        self.tcp = tcp
        username = f"{int(WALL) + 3600}:{user}"
        self.login = Login(username, password_of(username, SECRET.encode()))
        self.todo: list[tuple[Method, tuple[Attribute, ...]]] = []
        self.doing: Transaction | None = None
        self.codes: list[tuple[Method, int]] = []
        self.relays: list[Endpoint] = []
        self.heard: list[tuple[int, bytes]] = []
        self.indicated: list[tuple[Endpoint, bytes]] = []
        self.pipe: Pipe | None = None
        self.actions: list[Action] = [Connect(SERVER, 1, 5.0) if tcp else OpenPort(Udp(PORT))]

    def want(self, method: Method, *attributes: Attribute) -> None:
        self.todo.append((method, attributes))

    def allocate(self, lifetime: int = 600) -> None:
        self.want(Method.ALLOCATE, REQUESTED_TRANSPORT.of(17), LIFETIME.of(lifetime))

    def bind(self, number: int, peer: Endpoint) -> None:
        self.want(Method.CHANNEL_BIND, CHANNEL_NUMBER.of(number), XOR_PEER_ADDRESS.of(peer))

    def say(self, number: int, data: bytes) -> None:
        self._out(channel_data(number, data))

    def begin(self, now: float) -> None:
        """The next request, where none is under way."""
        if self.doing is None and self.todo and (not self.tcp or self.pipe is not None):
            method, attributes = self.todo[0]
            request = Message(method, Kind.REQUEST, self.node.random.randbytes(12), attributes)
            complete, signing = self.login.sign(request)
            self.doing = Transaction(complete, signing, now=now, reliable=self.tcp)
            self.wake(now)

    def hear(self, data: bytes, now: float) -> None:
        if is_channel_data(data):
            self.heard.append(read_channel_data(data))
            return
        message = Message.parse(data)
        if message.kind == Kind.INDICATION:
            peer, carried = message.get(XOR_PEER_ADDRESS), message.get(DATA)
            assert isinstance(peer, Endpoint)
            assert carried is not None
            self.indicated.append((peer, carried))
        elif self.doing is not None and self.doing.receive(message) is not None:
            self._end(now)

    def _end(self, now: float) -> None:
        assert self.doing is not None
        assert self.doing.outcome is not None
        request, response = self.doing.request, self.doing.outcome.response
        self.doing = None
        assert response is not None, "no answer"
        if not self.login.challenged(request, response):
            self.login.accepted()
            self.todo.pop(0)
            error = next((each.value.code for each in response.attributes if each.type == 9), 0)
            self.codes.append((request.method, error))
            self.relays += [each for each in response.all(XOR_RELAYED_ADDRESS) if isinstance(each, Endpoint)]
        self.begin(now)

    def _out(self, data: bytes) -> None:
        if self.pipe is not None:
            self.pipe.out += padded(data)
            self.actions.append(Flush(self.pipe))
        else:
            self.actions.append(Send(Datagram(data, Endpoint(ANY, PORT), SERVER)))

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.source == SERVER:
            self.hear(packet.data, now)

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Pipe:
        self.pipe = Pipe(self)
        self.begin(now)
        return self.pipe

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        raise AssertionError(why)

    def wake(self, now: float) -> None:
        if self.doing is not None:
            data = self.doing.wake(now)
            if data is not None:
                self._out(data)
            elif self.doing.outcome is not None:
                self._end(now)

    def next_wake(self) -> float | None:
        return None if self.doing is None else self.doing.next_wake()

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class Echo:
    """A peer that sends everything back."""

    def __init__(self) -> None:
        self.actions: list[Action] = [OpenPort(Udp(PORT))]
        self.got: list[tuple[Endpoint, bytes]] = []

    def receive(self, packet: Datagram, now: float) -> None:
        self.got.append((packet.source, packet.data))
        self.actions.append(Send(packet.reply(packet.data)))

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class TurnWorld:
    """One LAN: the supernode, a peer, and clients. `call` asks a client for things, now."""

    def __init__(self, seed: int, clients: int = 1, *, tcp: bool = False, **options: object) -> None:
        self.network = Network(seed)
        self.network.add_lan(LAN, "10.0.0.0/24")
        self.network.add_node("s", {LAN: str(SUPERNODE)}, lambda node: supernode(node, **options), forwards=False)
        self.network.add_node("p", {LAN: "10.0.0.2"}, lambda node: Echo())
        self.names = [f"c{number}" for number in range(clients)]
        for number, name in enumerate(self.names):
            self.network.add_node(
                name, {LAN: f"10.0.0.{10 + number}"}, lambda node: TurnClient(node, node.name, tcp=tcp)
            )

    @property
    def peer(self) -> Endpoint:
        return Endpoint(Address.parse("10.0.0.2"), PORT)

    def client(self, name: str) -> TurnClient:
        machine = self.network.nodes[name].machine
        assert isinstance(machine, TurnClient)
        return machine

    def begin(self, name: str) -> None:
        self.network.call(name, lambda machine, now: machine.begin(now))  # type: ignore[attr-defined]

    def say(self, name: str, number: int, data: bytes) -> None:
        self.network.call(name, lambda machine, now: machine.say(number, data))  # type: ignore[attr-defined]

    def done(self) -> bool:
        return all(not self.client(name).todo for name in self.names)

    def relay_ports(self) -> list[int]:
        return sorted(
            number
            for kind, number, _ in self.network.nodes["s"].processes[0].ports
            if kind is Udp and number != SERVER.port
        )

    def table(self) -> dict:
        return self.network.nodes["s"].machine.show("supernode", self.network.now)
