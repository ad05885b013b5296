"""The contract of an adapter: what it is told, what is to be run, and how the routes of a routing program are read.

An adapter is one value, `DAEMON`, of a file that is named after the service: implementations/PROGRAM/SERVICE.py. Its
functions are pure: text and values in, text and values out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import NodeConfig, StaticRoute
from catenet.nodes.control.implementation import Implementation

__all__ = [
    "Command",
    "Daemon",
    "Group",
    "LearnedRoute",
    "NodeInterface",
    "PrintedTable",
    "RouteExchange",
    "RoutingDaemon",
    "Run",
    "Task",
]


class NodeInterface(NamedTuple):
    """One interface of the node, as a program has to know it: `device` is the kernel's name now, `mtu` the octets of
    the largest packet on it, `hardware` its address; "" or 0 where it is away."""

    lan: str
    device: str
    address: Address
    prefix: Prefix
    up: bool
    mtu: int = 1500
    hardware: bytes = b""


class Task(NamedTuple):
    """What an adapter is told: the service, who does its work, its options, the node, and two folders.

    `folder` is the service's own, for files and sockets; `data` is the lab's, read-only. `table`: the number of the
    kernel's table into which a routing program puts its routes, with its service's number for their
    mark (rtm_protocol); who else writes there are programs of its group, and the node (`RouteExchange.to_find`).
    """

    service: str
    implementation: Implementation
    options: Any
    node: NodeConfig
    interfaces: tuple[NodeInterface, ...]
    folder: str
    data: str = "/lab"
    table: int = 0

    def group_folder(self, group: str) -> str:
        """The folder of the programs that several services share, beside the service's own."""
        return str(PurePosixPath(self.folder).parent / group)


class Command(NamedTuple):
    """A program to be started, and to be kept in the foreground; a folder stands for its `run`.

    `makes`: a file (a socket) that it makes, for which what comes after it waits.
    """

    words: tuple[str, ...]
    makes: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done: files to be written (path → text), whose they and the folder are, programs to be started.

    `ready`: a command that ends with exit code 0 once the service serves. Without one it serves when the program's
    table can be printed (`PrintedTable`); else when the program says `ready`, or has lived for 2 s.
    """

    commands: tuple[Command, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""  # a user of the system; empty: root
    environment: Mapping[str, str] = field(default_factory=dict)
    working_folder: str = "/"
    ready: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Programs of an implementation that several services of a node share, and each of them needs.

    They are started before the first of the services' own, and ended after the last. If one of them ends, all the
    services are ended, and started again behind it. `run` gets the tasks of all the node's services that need them, in
    the node's order; the files of these services are written before, since a shared program may read them.
    `table`: the one table of the kernel's into which they put the routes of all these services; 0: none, each service
    has its own.
    """

    name: str
    run: Callable[[Sequence[Task]], Run]
    table: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One service by one program.

    `run`: what is to be started. `faults`: options → what it cannot do of them, each to stand behind the program's
    name. `beside`: options, and the node's other services with their implementations → what it cannot do beside these.
    `capabilities`: what its containers may do beside what every node may. `group`: programs that it needs, and shares
    with other services of the node. `interface_line`: what its programs are told on their standard input when an
    interface has changed; the others are started anew when an interface has become another device. `flush_line`:
    likewise, when the service is to forget what it has learned; the others go on with that.
    """

    run: Callable[[Task], Run]
    faults: Callable[[Any], Iterable[str]] = lambda _: ()
    capabilities: tuple[str, ...] = ()
    group: Group | None = None
    beside: Callable[[Any, Mapping[str, str]], Iterable[str]] = lambda _, __: ()
    interface_line: Callable[[NodeInterface], str] | None = None
    flush_line: str = ""

    def check(self, options: Any) -> None:
        """See whether it can do what the options say.

        Raises:
            ValueError: all that it cannot do, each thing once; the text stands behind the program's name.

        """
        if text := "; it ".join(dict.fromkeys(self.faults(options))):
            raise ValueError(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingDaemon(Daemon):
    """One that finds routes, for a service whose declaration says so."""

    routes: Callable[[Task], RouteExchange]


class RouteExchange(NamedTuple):
    """How routes go between the node and the program, beside what the program puts into its table of the kernel's.

    `printed`: how its routes with their metrics are learned; None: its table of the kernel's has its own metrics.
    `to_find`: static routes that the node puts into that table, for the program to find there.
    `own_metrics`: LAN → the protocol's metric of the node's own network there; where nothing is said, the
    declaration's `network_cost`. `last_resort`: the tags of routes that stand behind every other source's; the program
    need not put these into its table of the kernel's, since those that it prints are taken.
    `hears`: the services whose routes the node puts into that table while they are the best, for the program to find
    there; the metric of each is its tag.
    """

    printed: PrintedTable | None = None
    to_find: tuple[StaticRoute, ...] = ()
    own_metrics: Mapping[str, int] = {}
    last_resort: Collection[int] = ()
    hears: tuple[str, ...] = ()


class PrintedTable(NamedTuple):
    """The command that prints a program's routes, and what reads it: only routes by way of others; other lines are
    passed over, and ValueError says that it is no such table.
    """

    command: tuple[str, ...]
    read: Callable[[str], list[LearnedRoute]]


class LearnedRoute(NamedTuple):
    """A route that the program has learned. `metric` is the protocol's own; `tag`: the route's mark, where the program
    prints it; `also`: the other next hops of a route that has several.
    """

    prefix: Prefix
    via: Address
    metric: int
    tag: int | None = None
    also: tuple[Address, ...] = ()
