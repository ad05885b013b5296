"""What the contract (nodes/machine) speaks of: packets of each kind, interfaces, ports, next hops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple, Protocol

from catenet.nodes.address import ANY, Address, Prefix

__all__ = [
    "Count",
    "Crossing",
    "Datagram",
    "DecodeError",
    "Endpoint",
    "Entropy",
    "Ethernet",
    "Frame",
    "Hook",
    "Interface",
    "Ip",
    "IpPacket",
    "Json",
    "NextHop",
    "OtherRoute",
    "Port",
    "Randomness",
    "Report",
    "Tcp",
    "Udp",
    "Unit",
    "Way",
]

Json = None | bool | int | float | str | list["Json"] | tuple["Json", ...] | Mapping[str, "Json"]
_make = tuple.__new__
"""Makes a named tuple in a third of the time."""


class DecodeError(ValueError):
    """A peer sent what its protocol forbids: the peer's fault; count it, log it once, drop it."""

    def __init__(self, field: str, value: object, why: str = "") -> None:
        super().__init__(f"{field} {value!r}{': ' if why else ''}{why}")
        self.field = field
        self.value = value


class Report(NamedTuple):
    """Action, and what a stream says: tell the user. `kind` is a word of control/events.py or of the service's
    declaration (`Service.events`), `data` the same as JSON."""

    kind: str
    text: str
    data: Mapping[str, Json]


class Endpoint(NamedTuple):
    """An address and a port (0 where the protocol has none)."""

    address: Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Datagram(NamedTuple):
    """A UDP datagram: what came in, or what is to go out.

    Going out, an interface of "" leaves the choice to the routing table, and a source address of 0 leaves it to the
    interface. `ttl` and `tos` are the octets of its IP header (RFC 791 section 3.1): going out, 0 stands for its
    port's; coming in, they are 0 unless its port asks for them (`OpenPort.hears_ttl`).
    """

    data: bytes
    source: Endpoint
    destination: Endpoint
    interface: str = ""
    ttl: int = 0
    tos: int = 0

    def reply(self, data: bytes) -> Datagram:
        """What goes back the way that this one came."""
        return _make(Datagram, (data, self[2], self[1], self[3], 0, 0))


class IpPacket(NamedTuple):
    """An IPv4 packet of a protocol without ports: its payload, and what its header says. Otherwise as a Datagram,
    but that what comes in always says its TTL and TOS."""

    data: bytes
    source: Address
    destination: Address
    protocol: int
    interface: str = ""
    ttl: int = 0
    tos: int = 0

    def reply(self, data: bytes) -> IpPacket:
        """What goes back the way that this one came."""
        return IpPacket(data, self.destination, self.source, self.protocol, self.interface)


class Frame(NamedTuple):
    """An Ethernet frame: its payload, the hardware addresses (6 octets each), the type. A source of b"" going out
    stands for the interface's own."""

    data: bytes
    source: bytes
    destination: bytes
    ethertype: int
    interface: str

    def reply(self, data: bytes) -> Frame:
        """What goes back to who sent this one."""
        return Frame(data, b"", self.source, self.ethertype, self.interface)


Unit = Datagram | IpPacket | Frame
"""What a machine takes and sends."""


class Interface(NamedTuple):
    """One of the node's interfaces, named by its LAN. `up` is false while it is cut. `mtu`: the octets of the largest
    IP packet; `hardware`: the hardware address, which may be another one after each start; 0 and b"" where it is away.
    """

    name: str
    address: Address
    prefix: Prefix
    up: bool = True
    mtu: int = 1500
    hardware: bytes = b""


class NextHop(NamedTuple):
    """Where a route goes: to the router `via`, over an interface."""

    via: Address
    interface: str


class OtherRoute(NamedTuple):
    """Another source's route, as a machine hears of it. `metric` is the source's own; `tag`: the mark that the route
    carries, 0: none."""

    next_hops: tuple[NextHop, ...]
    metric: int = 0
    tag: int = 0


# Ports. A port is a value: it names itself in every action.


class Udp(NamedTuple):
    """A UDP port, of every interface or of one alone. Number 0: any that is free (`PortAware` tells which)."""

    number: int = 0
    interface: str = ""


class Tcp(NamedTuple):
    """A TCP port that accepts connections: for who is `Accepting`. `tls`: over TLS 1.3, with the certificate of which
    its service is told.
    """

    number: int
    tls: bool = False


class Ip(NamedTuple):
    """The packets of an IP protocol (89 is OSPF's), of every interface or of one alone."""

    protocol: int
    interface: str = ""


class Ethernet(NamedTuple):
    """The frames of an Ethernet type on one interface."""

    ethertype: int
    interface: str


class Hook(IntEnum):
    """Where in the kernel's way of packets one waits for the machine (the numbers are netfilter's)."""

    ARRIVING = 0  # for one of the port's own addresses, not routed yet
    FORWARDING = 2  # routed, from one interface to another
    LEAVING = 3  # an ICMP error of this node's kernel


class Crossing(NamedTuple):
    """The IP packets that arrive for one of these addresses of the node, those that cross it, and the ICMP errors that
    its kernel sends: for who is `Translating`. While nobody answers, none passes."""

    addresses: tuple[Address, ...]


Port = Udp | Tcp | Ip | Ethernet | Crossing


class Way:
    """On which way a datagram is passed on: by this port, to this peer, from this address (ANY: the route's). One for
    each flow; two are never equal, so that what belongs to one is found by itself."""

    __slots__ = ("peer", "port", "source")

    def __init__(self, port: Udp, peer: Endpoint, source: Address = ANY) -> None:
        self.port = port
        self.peer = peer
        self.source = source


# What a machine is made with.


class Randomness(Protocol):
    """Where a machine's jitter comes from, handed to it when it is made; `random.Random` is one."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between a and b."""


Entropy = Callable[[int], bytes]
"""So many octets that nobody can foresee: keys, identifiers of transactions. `os.urandom` is one; in a simulation, what
a seed gives."""


class Count(Protocol):
    """Raises a counter of the service, which `status` shows, by one or more."""

    def __call__(self, counter: str, by: int = 1, /) -> None: ...
