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
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from catenet.nodes.actions import (
    Action,
    ClosePort,
    Connect,
    DeleteRoute,
    Flush,
    JoinGroup,
    LeaveGroup,
    OpenPort,
    Send,
    SetRoute,
    Work,
)
from catenet.nodes.address import Prefix
from catenet.nodes.stream import Breakable, Stream, Throttled
from catenet.nodes.units import (
    Count,
    Crossing,
    Datagram,
    DecodeError,
    Endpoint,
    Entropy,
    Ethernet,
    Frame,
    Hook,
    Interface,
    Ip,
    IpPacket,
    Json,
    NextHop,
    OtherRoute,
    Port,
    Randomness,
    Report,
    Tcp,
    Udp,
    Unit,
    Way,
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
    "Crossing",
    "Datagram",
    "DecodeError",
    "DeleteRoute",
    "Endpoint",
    "Entropy",
    "Ethernet",
    "Explaining",
    "Flush",
    "Flushable",
    "Forwarding",
    "Frame",
    "Hook",
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
    "OtherRoute",
    "Port",
    "PortAware",
    "Randomness",
    "Report",
    "RouteAware",
    "Send",
    "SetRoute",
    "Settling",
    "Stoppable",
    "Stream",
    "Tcp",
    "Throttled",
    "Translating",
    "Udp",
    "Unit",
    "Wants",
    "Way",
    "Work",
    "Working",
    "always",
]


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

    def route_changed(self, source: str, prefix: Prefix, route: OtherRoute | None, now: float) -> None:
        """The best route of another source to a prefix is this one; None: there is none any more, or this machine's own
        is better. A last resort (`SetRoute`) is never told of."""


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
class Forwarding(Protocol):
    """A machine that passes some datagrams on, by its own ports, before they are packets: a relay under load."""

    def forward(self, port: int, peer: bytes, data: bytes, now: float) -> tuple[bytes, Way] | tuple[()] | None:
        """What came to one of its ports; `peer`: address and port, six octets as on the wire → what goes on, and which
        way; (): it is dropped; None: it is received, and what comes of that is the same. It may count."""


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
class Settling(Protocol):
    """Is of use only some time after its ports are open: its node is not ready before."""

    @property
    def settled(self) -> bool:
        """Whether it is."""


@runtime_checkable
class Stoppable(Protocol):
    """Has last words."""

    def shutdown(self) -> None:
        """The node ends it; what it wants now is still done."""


@runtime_checkable
class Working(Protocol):
    """Has jobs done (`Work`)."""

    def worked(self, tag: int, result: Any, error: str, now: float) -> None:
        """The job of that tag is done; `error`: why it could not be, "" where it could."""


@runtime_checkable
class Translating(Protocol):
    """Has a `Crossing` port: each packet waits for what it says."""

    def cross(self, packet: bytes, hook: Hook, came: str, goes: str, now: float) -> bytes | None:
        """A whole IPv4 packet, with a right header, no fragment → what goes on in its place; None: it is dropped.

        The same object back lets it pass as it is. `came` and `goes` are the LANs, "" where there is none: it has not
        been routed yet (ARRIVING), or this node made it (LEAVING). What goes on has every checksum whole.
        """


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """The older name of `Datagram`, for this version: users' programs have it."""
        if name == "Packet":
            warnings.warn("instead of Packet write Datagram", FutureWarning, stacklevel=2)
            return Datagram
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
