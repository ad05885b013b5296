"""Two machines that connect to each other, for the tests of the simulated network's connections."""

from __future__ import annotations

from typing import Any

from network import Network

from catenet.nodes.address import Address
from catenet.nodes.machine import Connect, Endpoint, Flush, OpenPort, Tcp

PORT = 80
A, B = Address.parse("10.0.1.1"), Address.parse("10.0.1.2")
SERVER = Endpoint(B, PORT)


class Pipe:
    """A stream that says what it is given to say, and keeps what it hears."""

    def __init__(self, say: bytes = b"") -> None:
        self.say = say
        self.got: list[tuple[float, bytes]] = []
        self.ended: list[float] = []
        self.woken: list[float] = []
        self.alarm: float | None = None
        self.finished = False

    @property
    def heard(self) -> bytes:
        return b"".join(data for _, data in self.got)

    def receive_data(self, data: bytes, now: float) -> None:
        self.got.append((now, data))

    def receive_eof(self, now: float) -> None:
        self.ended.append(now)

    def data_to_send(self) -> bytes:
        data, self.say = self.say, b""
        return data

    def next_wake(self) -> float | None:
        return self.alarm

    def wake(self, now: float) -> None:
        if self.alarm is not None and now >= self.alarm:
            self.woken.append(now)
            self.alarm = None

    def take_reports(self) -> list[Any]:
        return []


class Fragile(Pipe):
    """To it a reset is another thing than an end. It may want nothing now."""

    def __init__(self, say: bytes = b"") -> None:
        super().__init__(say)
        self.wants_data = True
        self.broken = 0

    def give_up(self) -> None:
        self.broken += 1


class Speaker:
    """A machine whose connections say what `says` is."""

    def __init__(self, *actions: Any, says: bytes = b"", make: type[Pipe] = Fragile) -> None:
        self.actions = list(actions)
        self.says, self.make = says, make
        self.streams: list[Any] = []
        self.words: list[tuple[Any, ...]] = []  # what it was told of its connections, and when

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Pipe:
        self.words.append(("accepted", now))
        self.streams.append(self.make(self.says))
        return self.streams[-1]

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Pipe:
        self.words.append(("connected", now))
        self.streams.append(self.make(self.says))
        return self.streams[-1]

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.words.append((why, now))

    def receive(self, packet: Any, now: float) -> None: ...

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> None: ...

    def take_actions(self) -> list[Any]:
        actions, self.actions = self.actions, []
        return actions


def pair(
    *,
    says: bytes = b"",
    answers: bytes = b"",
    seed: int = 1,
    delay: float = 0.01,
    jitter: float = 0.0,
    loss: float = 0.0,
    make: type[Pipe] = Fragile,
) -> tuple[Network, Any, Any]:
    """A client a, which does not ask yet, and a server b on one LAN."""
    network = Network(seed)
    network.add_lan("link1", "10.0.1.0/24").delay = delay
    network.impair("link1", delay=jitter / 2, jitter=jitter / 2, loss=loss)
    client, server = Speaker(says=says, make=make), Speaker(OpenPort(Tcp(PORT)), says=answers, make=make)
    network.add_node("b", {"link1": str(B)}, lambda node: server)
    network.add_node("a", {"link1": str(A)}, lambda node: client)
    return network, client, server


def do(network: Network, *actions: Any, name: str = "a") -> None:
    network.call(name, lambda machine, now: machine.actions.extend(actions))


def ask(network: Network, peer: Endpoint = SERVER, timeout: float = 5.0) -> None:
    do(network, Connect(peer, 0, timeout))


def standing(**more: Any) -> tuple[Network, Any, Any]:
    """A connection: the client's stream, and the server's."""
    network, client, server = pair(**more)
    ask(network)
    network.run(0.1)
    return network, client.streams[0], server.streams[0]


def say(network: Network, stream: Pipe, data: bytes, name: str = "a") -> None:
    stream.say += data
    do(network, Flush(stream), name=name)
