"""The DNS of labs/internet in the simulated network: its zone files, its name servers, its resolver, and a client.

All nodes stand on one LAN, since routing is not what is looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from network import Network

from catenet.nodes.address import Address
from catenet.nodes.application.dns.config import NameserverOptions, ResolverOptions
from catenet.nodes.application.dns.message import Edns, Message, Question
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.nameserver import Nameserver
from catenet.nodes.application.dns.records import Type
from catenet.nodes.application.dns.resolver import PORT, Resolver
from catenet.nodes.application.dns.zone import Zone, Zones
from catenet.nodes.machine import Action, Datagram, Endpoint

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


@dataclass
class Client:
    """A stub resolver: it sends what it is told to, and keeps what comes back."""

    answers: list[Message] = field(default_factory=list)

    def receive(self, packet: Datagram, now: float) -> None:
        self.answers.append(Message.parse(packet.data))

    def wake(self, now: float) -> None: ...

    def next_wake(self) -> float | None:
        return None

    def take_actions(self) -> list[Action]:
        return []


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
            self.network.add_node(name, {LAN: address}, lambda node, made=made: Nameserver(made, Counter().update))
        hints = {name: Address.parse(address) for name, address in roots.items()}
        self.network.add_node(
            "resolver",
            {LAN: RESOLVER},
            lambda node: Resolver(
                options,
                hints,
                range(40_000, 40_032),
                local=lambda there: Address.parse(RESOLVER),
                pick=node.random.randrange,
                count=lambda counter: self.counters.update([counter]),
            ),
        )
        self.network.add_node("surf", {LAN: SURF}, lambda node: self.client)
        self._id = 0

    @property
    def resolver(self) -> Resolver:
        machine = self.network.nodes["resolver"].machine
        assert isinstance(machine, Resolver)
        return machine

    def send(self, name: str, kind: int = Type.A, *, rd: bool = True, stream: bool = False, number: int = 0) -> int:
        """The client asks the resolver."""
        self._id = number or self._id + 1
        query = Message(self._id, recursion_desired=rd, question=Question(Name.parse(name), kind), edns=Edns())
        packet = Datagram(
            query.pack(),
            Endpoint(Address.parse(SURF), 5000),
            Endpoint(Address.parse(RESOLVER), PORT),
            stream=stream,
        )
        self.network.send("surf", packet)
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


def _origin(zone: str) -> Name:
    return NameserverOptions((zone,)).origins[zone]
