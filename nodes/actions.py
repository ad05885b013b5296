"""What a machine wants done: its actions.

Ports are opened and closed, groups joined and left, packets sent, connections made, routes set, jobs done elsewhere,
and things told, all by values that `Machine.take_actions` gives back. Who performs them, and how, is the runtime's
affair, or the simulated network's.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, overload

from catenet.nodes.address import Address, Prefix
from catenet.nodes.stream import Stream
from catenet.nodes.units import Endpoint, NextHop, Port, Report, Unit

__all__ = [
    "Action",
    "ClosePort",
    "Connect",
    "DeleteRoute",
    "Flush",
    "JoinGroup",
    "LeaveGroup",
    "OpenPort",
    "Send",
    "SetRoute",
    "Work",
]


class OpenPort(NamedTuple):
    """Action: open this port. It stays open, mute, while its interface is away.

    `tag` is for who opens several alike, to tell them apart when they are open. `ttl`, `tos`: of what is sent by it; 0:
    the kernel's own, and for a group's packets a TTL of 1. `hears_ttl`: what comes in says with which it came.
    `answers`: what comes in is given to `reply` of an `Answering` machine first, `forwards`: to `forward` of a
    `Forwarding` one, and what that passes on leaves by such a port, too; neither by a port that hears TTLs. `keeps`:
    octets that wait in the kernel until they are read, 0: a megabyte. `fragments`: what is sent by it may be fragmented
    on its way; else the kernel decides. `kinds`: of a port of ICMP's, `Ip(1)`, the types of message that it hears, as
    every such port of a node hears what comes for any other one; empty: all.
    """

    port: Port
    tag: int = 0
    ttl: int = 0
    tos: int = 0
    hears_ttl: bool = False
    answers: bool = False
    forwards: bool = False
    keeps: int = 0
    fragments: bool = False
    kinds: tuple[int, ...] = ()


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
    tag: int = 0
    last_resort: bool = False


class SetRoute(_Route):
    """Action: this machine's route to the prefix is from now on this one. Several next hops share the load.

    `metric` is the protocol's own, for people and checks; 0: not said. Which of several protocols' routes to a prefix
    the kernel takes, their distances decide (control/service), not their metrics. `tag`: the mark that the route
    carries, 0: none; the node's other machines hear of it. `last_resort`: it stands behind every other source's route,
    whatever its distance, and the other machines never hear of it.
    """

    __slots__ = ()

    @overload
    def __new__(
        cls,
        prefix: Prefix,
        next_hops: tuple[NextHop, ...],
        metric: int = 0,
        tag: int = 0,
        last_resort: bool = False,
    ) -> SetRoute: ...

    @overload
    def __new__(cls, prefix: Prefix, via: Address, interface: str, metric: int = 0) -> SetRoute: ...

    def __new__(cls, prefix: Prefix, *given: Any, **named: Any) -> SetRoute:
        """Takes the older words (prefix, via, interface, metric) too, with a warning.

        Raises:
            ValueError: no next hop; DeleteRoute says that there is none any more.

        """
        # The usual form, at a third of the cost.
        if len(given) == 2 and not named and type(given[0]) is tuple and given[0]:
            return tuple.__new__(cls, (prefix, *given, 0, False))
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


class Work(NamedTuple):
    """Action: do a job that takes long or waits for a disk, beside the machine: one of those that its service named.

    `worked` of `Working` follows, with the tag. Jobs of one lane are done one after another, in order; those of other
    lanes meanwhile.
    """

    job: str
    argument: Any
    tag: int
    lane: str = ""


Action = Send | SetRoute | DeleteRoute | Report | OpenPort | ClosePort | JoinGroup | LeaveGroup | Connect | Flush | Work
