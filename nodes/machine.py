"""The contract: bytes and time in, actions out.

A protocol is a `Machine`. It has no socket, no clock, no randomness of its own and no `async`: packets and the time
come in as arguments, and what it wants done goes out as actions. One driver in runtime/ runs any machine on a real
node; the simulated network in tests/simulation runs the same machines, whole topologies, on a virtual clock.

    machine.receive(packet, now)        a packet came in: a Datagram, IpPacket or Frame, as its ports carry them
    machine.wake(now)                   the time that next_wake() named has come (or passed)
    machine.next_wake()                 when it wants to be woken, or None
    machine.take_actions()              what it wants done, in order; the list is empty afterwards

It opens its ports by actions, and sends by them. What else it can be told or asked it says by having the methods of one
of the small Protocols below; who has none of them is told nothing.

Times are seconds on a clock that never goes back; only differences mean anything. A machine never raises on what a
peer sent: it counts and drops (`DecodeError` is how its codec tells it to).

A protocol on a byte stream (DNS over TCP, HTTP) has the sibling contract `Stream`, one for each connection; a machine
that has connections is `Accepting`, `Connecting` or both.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, overload, runtime_checkable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.units import (
    Count,
    Datagram,
    DecodeError,
    Endpoint,
    Ethernet,
    Frame,
    Interface,
    Ip,
    IpPacket,
    Json,
    NextHop,
    Port,
    Randomness,
    Tcp,
    Udp,
    Unit,
)

__all__ = [
    "Accepting",
    "Action",
    "Answering",
    "Breakable",
    "ClosePort",
    "Connect",
    "Connecting",
    "Count",
    "Datagram",
    "DecodeError",
    "DeleteRoute",
    "Endpoint",
    "Ethernet",
    "Explaining",
    "Flush",
    "Flushable",
    "Frame",
    "Inspectable",
    "Interface",
    "InterfaceAware",
    "Ip",
    "IpPacket",
    "JoinGroup",
    "Json",
    "LeaveGroup",
    "Machine",
    "NextHop",
    "OpenPort",
    "Port",
    "PortAware",
    "Randomness",
    "Report",
    "RouteAware",
    "Send",
    "SetRoute",
    "Stoppable",
    "Stream",
    "Tcp",
    "Throttled",
    "Udp",
    "Unit",
    "Wants",
    "always",
]


class OpenPort(NamedTuple):
    """Action: open this port. It stays open, mute, while its interface is away.

    `tag` is for who opens several alike, to tell them apart when they are open. `ttl`, `tos`: of what is sent by it; 0:
    the kernel's own, and for a group's packets a TTL of 1. `hears_ttl`: what comes in says with which it came.
    `answers`: what comes in is given to `reply` of an `Answering` machine first; not by a port that hears TTLs.
    """

    port: Port
    tag: int = 0
    ttl: int = 0
    tos: int = 0
    hears_ttl: bool = False
    answers: bool = False


class ClosePort(NamedTuple):
    """Action: close this port. Where it is not open, nothing happens."""

    port: Port


class JoinGroup(NamedTuple):
    """Action: this port hears a multicast group on an interface ("": the port's own, or all), from now on and whenever
    that is back. An `Ethernet` port hears a group by its hardware address. The kernel lets a port of IP's be in 20
    groups, each interface counted; one more is counted (`group_failures`)."""

    port: Port
    group: Address | bytes
    interface: str = ""


class LeaveGroup(NamedTuple):
    """Action: the reverse of JoinGroup."""

    port: Port
    group: Address | bytes
    interface: str = ""


class Send(NamedTuple):
    """Action: put this on the wire, by the port that its source names, or its protocol, or its Ethernet type."""

    packet: Unit


class Connect(NamedTuple):
    """Action: open a TCP connection. `connected` or `connect_failed` of `Connecting` follows, with the tag, within
    `timeout` seconds. `name`: over TLS 1.3, and the peer is to prove that this is its name; that may take 5 s more.
    """

    peer: Endpoint
    tag: int
    timeout: float
    name: str = ""


class Flush(NamedTuple):
    """Action: this stream has bytes to send that it came by otherwise than by what its own methods were told."""

    stream: Stream


class _Route(NamedTuple):
    prefix: Prefix
    next_hops: tuple[NextHop, ...]
    metric: int = 0


class SetRoute(_Route):
    """Action: this machine's route to the prefix is from now on this one. Several next hops share the load.

    `metric` is the protocol's own, for people and checks; 0: not said. Which of several protocols' routes to a prefix
    the kernel takes, their distances decide (control/service), not their metrics.
    """

    __slots__ = ()

    @overload
    def __new__(cls, prefix: Prefix, next_hops: tuple[NextHop, ...], metric: int = 0) -> SetRoute: ...

    @overload
    def __new__(cls, prefix: Prefix, via: Address, interface: str, metric: int = 0) -> SetRoute: ...

    def __new__(cls, prefix: Prefix, *given: Any, **named: Any) -> SetRoute:
        """Takes the older words (prefix, via, interface, metric) too, with a warning.

        Raises:
            ValueError: no next hop; DeleteRoute says that there is none any more.

        """
        # The usual form, at a third of the cost.
        if len(given) == 2 and not named and type(given[0]) is tuple and given[0]:
            return tuple.__new__(cls, (prefix, *given))
        older = len(given) > 1 and isinstance(given[1], str) and not isinstance(given[0], tuple)
        if older or "interface" in named:
            return cls._by_older_words(prefix, *given, **named)
        route = super().__new__(cls, prefix, *given, **named)
        if not route.next_hops:
            raise ValueError(f"SetRoute.next_hops is empty; DeleteRoute({prefix}) takes the route away")
        return route

    @classmethod
    def _by_older_words(cls, prefix: Prefix, via: Address, interface: str, metric: int = 0) -> SetRoute:
        new = "SetRoute(prefix, (NextHop(via, interface),), metric)"
        warnings.warn(f"instead of SetRoute(prefix, via, interface, metric) write {new}", FutureWarning, stacklevel=3)
        return super().__new__(cls, prefix, (NextHop(via, interface),), metric)


class DeleteRoute(NamedTuple):
    """Action: this machine has no route to the prefix any more."""

    prefix: Prefix


class Report(NamedTuple):
    """Action: tell the user. `kind` is a word of control/events.py or of the service's declaration (`Service.events`),
    `data` the same as JSON."""

    kind: str
    text: str
    data: Mapping[str, Json]


Action = Send | SetRoute | DeleteRoute | Report | OpenPort | ClosePort | JoinGroup | LeaveGroup | Connect | Flush


class Wants(Protocol):
    """Whether a report of each of these kinds would be told now (the machine's time). A machine that may be asked a
    hundred thousand times a second asks before it makes them: most would be thrown away, and making them costs more
    than answering. What is not told counts as left out, so many `times`."""

    def __call__(self, kinds: tuple[str, ...], now: float, times: int = 1, /) -> bool: ...


def always(kinds: tuple[str, ...], now: float, times: int = 1) -> bool:  # noqa: ARG001
    """For a machine whose every report is told."""
    return True


Unit_contra = TypeVar("Unit_contra", bound=Unit, contravariant=True)


class Machine(Protocol[Unit_contra]):
    """A protocol, as a machine (see the module's text); it says which units it takes."""

    def receive(self, packet: Unit_contra, now: float, /) -> None:
        """A packet came in."""

    def wake(self, now: float) -> None:
        """Do what has fallen due. Waking early or late is harmless."""

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""

    def take_actions(self) -> list[Action]:
        """What is to be done since the last call, in order."""


# What a machine can be told or asked beside that, where it has the method.


@runtime_checkable
class InterfaceAware(Protocol):
    """Hears of its node's interfaces."""

    def set_interface(self, interface: Interface, now: float) -> None:
        """It went up or down, or has another MTU or hardware address. Its ports know already."""


@runtime_checkable
class RouteAware(Protocol):
    """Hears of the routes of others on its node."""

    def route_changed(self, source: str, prefix: Prefix, next_hops: tuple[NextHop, ...] | None, now: float) -> None:
        """The best route of another source to a prefix is this one; None: there is none any more."""


@runtime_checkable
class PortAware(Protocol):
    """Hears what became of its ports. To others a port that cannot be opened is the end."""

    def port_opened(self, asked: OpenPort, port: Port, now: float) -> None:
        """It is open; `port` has the number that it got."""

    def port_failed(self, asked: OpenPort, why: str, now: float) -> None:
        """It is taken, or the kernel refuses."""


@runtime_checkable
class Accepting(Protocol):
    """Has ports for connections, each with a stream of its own."""

    def accepted(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        """A peer has connected to one of its ports."""


@runtime_checkable
class Connecting(Protocol):
    """Makes connections. Of each that it asks for it hears once what became of it."""

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        """The connection that `Connect` asked for stands."""

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        """It does not: refused, unroutable, or not in time; or the peer has not proved its name."""


@runtime_checkable
class Answering(Protocol):
    """A machine that knows some datagrams' answers before they are packets, or a stream some bytes': one under load."""

    def reply(self, data: bytes, now: float) -> bytes | None:
        """The answer, where it depends on nothing else and is known; else None: they are received. It may count."""


@runtime_checkable
class Inspectable(Protocol):
    """Has tables to show."""

    def show(self, table: str, now: float) -> Json:
        """One of the tables that its service's declaration names."""


@runtime_checkable
class Explaining(Protocol):
    """Knows where its routes come from."""

    def explain(self, prefix: Prefix, now: float) -> Any:
        """An `Explanation` (control/origin); None: it has no route there, and knows of none that it had."""


@runtime_checkable
class Flushable(Protocol):
    """Keeps what it has learned."""

    def flush(self) -> None:
        """Forget it."""


@runtime_checkable
class Stoppable(Protocol):
    """Has last words."""

    def shutdown(self) -> None:
        """The node ends it; what it wants now is still done."""


class Stream(Protocol):
    """A protocol on a byte stream, one instance for each connection."""

    def receive_data(self, data: bytes, now: float) -> None:
        """Bytes came in, in any slicing."""

    def receive_eof(self, now: float) -> None:
        """The peer will send no more."""

    def data_to_send(self) -> bytes:
        """The bytes to be written now; empty when there are none."""

    def next_wake(self) -> float | None:
        """When `wake` should be called: an idle timeout, for example."""

    def wake(self, now: float) -> None:
        """Do what has fallen due."""

    @property
    def finished(self) -> bool:
        """Once true, and once `data_to_send` is empty, the connection is to be closed."""

    def take_reports(self) -> list[Report]:
        """What the user should be told since the last call."""


@runtime_checkable
class Throttled(Protocol):
    """A stream that bounds what it holds of what has come."""

    @property
    def wants_data(self) -> bool:
        """Whether more is to be received now; else what the peer sends is left to wait outside."""


@runtime_checkable
class Breakable(Protocol):
    """A stream to which the loss of its connection is another thing than its end."""

    def give_up(self) -> None:
        """The connection was reset or cut off, or its TLS is broken: nothing more comes or goes."""


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The older name of `Datagram`, for this version: users' programs have it."""
        if name == "Packet":
            warnings.warn("instead of Packet write Datagram", FutureWarning, stacklevel=2)
            return Datagram
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
