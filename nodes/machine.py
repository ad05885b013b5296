"""The contract: bytes and time in, actions out.

A protocol is a `Machine`. It has no socket, no clock, no randomness of its own and no `async`: packets and the time
come in as arguments, and what it wants done goes out as actions. One driver in runtime/ runs any machine on a real
node; the simulated network in tests/simulation runs the same machines, whole topologies, on a virtual clock.

    machine.receive(packet, now)        a packet came in
    machine.wake(now)                   the time that next_wake() named has come (or passed)
    machine.next_wake()                 when it wants to be woken, or None
    machine.take_actions()              what it wants done, in order; the list is empty afterwards

Times are seconds on a clock that never goes back; only differences mean anything. A machine never raises on what a
peer sent: it counts and drops (`DecodeError` is how its codec tells it to).

A protocol on a byte stream (DNS over TCP, HTTP) has the sibling contract `Stream`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, overload

from catenet.nodes.address import Address, Prefix

__all__ = [
    "Action",
    "DecodeError",
    "DeleteRoute",
    "Endpoint",
    "Interface",
    "Json",
    "Machine",
    "NextHop",
    "Packet",
    "Randomness",
    "Report",
    "Send",
    "SetRoute",
    "Stream",
    "Wants",
    "always",
]

Json = None | bool | int | float | str | list["Json"] | tuple["Json", ...] | Mapping[str, "Json"]


class DecodeError(ValueError):
    """A peer sent what its protocol forbids: the peer's fault; count it, log it once, drop it."""

    def __init__(self, field: str, value: object, why: str = "") -> None:
        super().__init__(f"{field} {value!r}{': ' if why else ''}{why}")
        self.field = field
        self.value = value


class Endpoint(NamedTuple):
    """An address and a port (0 where the protocol has none)."""

    address: Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Packet(NamedTuple):
    """One datagram: what came in, or what is to go out.

    Going out, an interface of "" leaves the choice to the routing table, and a source address of 0 leaves it to the
    interface. `stream` marks a message that came, or is to go, over a connection of its own instead (DNS over TCP).
    """

    data: bytes
    source: Endpoint
    destination: Endpoint
    interface: str = ""
    stream: bool = False

    def reply(self, data: bytes) -> Packet:
        """What goes back the way that this one came."""
        return Packet(data, self.destination, self.source, self.interface, self.stream)


class Interface(NamedTuple):
    """One of the node's interfaces, named by its LAN. `up` is false while it is cut."""

    name: str
    address: Address
    prefix: Prefix
    up: bool = True


class Send(NamedTuple):
    """Action: put this packet on the wire."""

    packet: Packet


class NextHop(NamedTuple):
    """Where a route goes: to the router `via`, over an interface."""

    via: Address
    interface: str


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


Action = Send | SetRoute | DeleteRoute | Report


class Randomness(Protocol):
    """Where a machine's jitter comes from, handed to it when it is made; `random.Random` is one."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between a and b."""


Wants = Callable[[tuple[str, ...], float], bool]
"""Whether a report of each of these kinds would be told now (the machine's time). A machine that may be asked a hundred
thousand times a second asks before it makes them: most would be thrown away, and making them costs more than
answering."""


def always(kinds: tuple[str, ...], now: float) -> bool:  # noqa: ARG001
    """For a machine whose every report is told."""
    return True


class Machine(Protocol):
    """A datagram protocol, as a machine (see the module's text)."""

    def receive(self, packet: Packet, now: float) -> None:
        """A packet came in."""

    def wake(self, now: float) -> None:
        """Do what has fallen due. Waking early or late is harmless."""

    def next_wake(self) -> float | None:
        """When `wake` should next be called."""

    def take_actions(self) -> list[Action]:
        """What is to be done since the last call, in order."""


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
