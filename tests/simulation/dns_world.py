"""The DNS of labs/internet in the simulated network: its zone files, its name servers, its resolver, and a client.

All nodes stand on one LAN, since routing is not what is looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from network import Network, Node
from node import Make

from catenet.nodes.address import ANY, Address
from catenet.nodes.application.dns.config import NameserverOptions, ResolverOptions
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.resolver import PORT, Resolver
from catenet.nodes.application.dns.served import ServedNameserver, ServedResolver
from catenet.nodes.application.dns.streams import MessageStream
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.machine import Action, Connect, Datagram, Endpoint, OpenPort, Send, Stream, Udp

ZONES = Path(__file__).parents[2] / "labs" / "internet" / "zones"
LAN = "internet"
RESOLVER = "192.31.33.53"
SURF = "192.31.33.7"
ROOTS = {"a.root-servers.net": "192.31.53.53", "b.root-servers.net": "192.31.54.53"}
SERVERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a.root-servers.net": ("192.31.53.53", ("root", "edu")),
    "b.root-servers.net": ("192.31.54.53", ("root", "edu")),
    "dns.fr": ("192.31.53.33", ("fr", "eurecom.fr")),
    "dns.com": ("192.31.54.212", ("com",)),
    "dns.nytimes.com": ("192.31.212.53", ("nytimes.com",)),
    "dns.uiuc.edu": ("192.31.63.53", ("uiuc.edu",)),
    "dns.cs.uiuc.edu": ("192.31.65.53", ("cs.uiuc.edu",)),
}


class Client:
    """A stub resolver: it sends what it is told to, over UDP or TCP, and keeps what comes back."""

    def __init__(self) -> None:
        self.answers: list[Message] = []
        self.to_ask: list[bytes] = []  # over connections that do not stand yet
        self.actions: list[Action] = [OpenPort(Udp(5000))]

    def ask(self, query: bytes, server: Address, *, stream: bool) -> None:
        if stream:
            self.to_ask.append(query)
            self.actions.append(Connect(Endpoint(server, PORT), 0, 5.0))
        else:
            self.actions.append(Send(Datagram(query, Endpoint(ANY, 5000), Endpoint(server, PORT))))

    def receive(self, packet: Datagram, now: float) -> None:
        self.answers.append(Message.parse(packet.data))

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        stream = MessageStream(lambda data: self.answers.append(Message.parse(data)), now)
        stream.send(self.to_ask.pop(0), now)
        return stream

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        raise AssertionError(why)

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class DnsWorld:
    """A network with name servers of ours, a resolver of ours and a client."""

    def __init__(
        self,
        servers: Mapping[str, tuple[str, Mapping[str, str]]],
        roots: Mapping[str, str],
        options: ResolverOptions,
        seed: int = 0,
    ) -> None:
        """`servers`: name → address and zones (origin → master file)."""
        self.network = Network(seed, record=True)
        self.network.add_lan(LAN, "192.31.0.0/16")
        self.counters: Counter[str] = Counter()
        self.client = Client()
        self.names = {address: name for name, (address, _) in servers.items()}
        for name, (address, zones) in servers.items():
            made = Zones(Zone.from_file(_origin(zone), text, f"{zone}.zone") for zone, text in zones.items())
            self.network.add_node(
                name, {LAN: address}, lambda node, made=made: ServedNameserver(Nameserver(made, Counter().update))
            )
        hints = {name: Address.parse(address) for name, address in roots.items()}
        self.network.add_node(
            "resolver",
            {LAN: RESOLVER},
            lambda node: served_resolver(options, hints, node, self.counters),
        )
        self.network.add_node("surf", {LAN: SURF}, lambda node: self.client)
        self._id = 0

    @property
    def resolver(self) -> Resolver:
        machine = self.network.nodes["resolver"].machine
        assert isinstance(machine, ServedResolver)
        return machine.resolver

    def send(self, name: str, kind: int = Type.A, *, rd: bool = True, stream: bool = False, number: int = 0) -> int:
        """The client asks the resolver."""
        self._id = number or self._id + 1
        query = Message(self._id, recursion_desired=rd, question=Question(Name.parse(name), kind), edns=Edns())
        self.network.call(
            "surf",
            lambda client, _: client.ask(query.pack(), Address.parse(RESOLVER), stream=stream),  # type: ignore[attr-defined]
        )
        return self._id

    def ask(
        self, name: str, kind: int = Type.A, *, within: float = 6.0, rd: bool = True, stream: bool = False
    ) -> Message:
        """The client asks, and waits for the answer."""
        number = self.send(name, kind, rd=rd, stream=stream)
        took = self.network.run_until(
            lambda: any(answer.id == number for answer in self.client.answers), within=within, step=0.001
        )
        assert took is not None, f"{name}: no answer within {within} s"
        return next(answer for answer in self.client.answers if answer.id == number)

    def messages(self) -> int:
        """Messages on the wire since the last call."""
        assert self.network.record is not None
        return len(self.network.record)

    def asked(self) -> list[str]:
        """The name servers that were asked since the last call, in order; and forgets what was on the wire."""
        assert self.network.record is not None
        hops, self.network.record[:] = list(self.network.record), []
        return [self.names[str(hop.packet.destination.address)] for hop in hops if self._is_asking(hop.packet)]

    def _is_asking(self, packet: Datagram) -> bool:
        return str(packet.source.address) == RESOLVER and packet.destination.port == PORT


def internet(options: ResolverOptions | None = None, seed: int = 0) -> DnsWorld:
    """The DNS of labs/internet."""
    servers = {
        name: (address, {zone: (ZONES / f"{zone}.zone").read_text() for zone in zones})
        for name, (address, zones) in SERVERS.items()
    }
    return DnsWorld(servers, ROOTS, options or ResolverOptions(qname_minimisation="off"), seed)


def served(zones: Zones) -> Make:
    """Name servers as their service runs them."""
    return lambda node: ServedNameserver(Nameserver(zones, Counter().update))


def served_resolver(
    options: ResolverOptions, hints: Mapping[str, Address], node: Node, counters: Counter[str]
) -> ServedResolver:
    """A resolver as its service runs it."""

    def count(counter: str, by: int = 1) -> None:
        counters[counter] += by

    asks_from: list[int] = []
    (interface,) = node.interfaces
    resolver = Resolver(
        options, hints, asks_from, local=lambda there: interface.address, pick=node.random.randrange, count=count
    )
    return ServedResolver(resolver, asks_from, options.deadline, count=count, name_of=str)


def _origin(zone: str) -> Name:
    return NameserverOptions((zone,)).origins[zone]
