"""The contract of an adapter: what it is told, what it says is to be run, how its table is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from catenet.nodes.address import DEFAULT, Address, Prefix
from catenet.nodes.control.config import NodeConfig, StaticRoute

__all__ = ["Adapter", "Command", "Learned", "Place", "Run", "Task", "refuse"]


class Place(NamedTuple):
    """One interface of the node, as a program has to know it: `device` is the kernel's name now."""

    lan: str
    device: str
    address: Address
    prefix: Prefix
    up: bool


class Task(NamedTuple):
    """What an adapter is told: the service, its options, the node, and two folders.

    `folder` is the service's own, for files and sockets; `data` is the lab's, read-only. `table`: the number of the
    kernel's table into which a routing program puts its routes, that table's only writer but for `Run.finds`.
    """

    service: str
    options: Any
    node: NodeConfig
    places: tuple[Place, ...]
    folder: str
    data: str = "/lab"
    table: int = 0

    @property
    def static(self) -> tuple[StaticRoute, ...]:
        """The node's static routes that the service is to announce: never the default route, which is another word."""
        routes = self.node.routes if "static" in self.options.redistribute else ()
        return tuple(route for route in routes if route.to != DEFAULT)


class Command(NamedTuple):
    """A program to be started, and to be kept in the foreground; a folder stands for its `run`.

    `needs`: a file (a socket) that must be there first.
    """

    words: tuple[str, ...]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done: files to be written (path → text), whose they and the folder are, programs to be started.

    `finds`: static routes that the node puts into the program's table, for it to find there.
    """

    commands: tuple[Command, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""  # a user of the system; empty: root
    environment: Mapping[str, str] = field(default_factory=dict)
    working_folder: str = "/"
    finds: tuple[StaticRoute, ...] = ()


class Learned(NamedTuple):
    """A route that the program has learned. `metric` is the protocol's own; `cost`, in links, the lecture's.

    `tag`: the route's mark, where the program prints it.
    """

    prefix: Prefix
    via: Address
    metric: int
    cost: int
    tag: int | None = None


class Adapter(Protocol):
    """One implementation. The attributes say what it needs; no method has an effect."""

    services: tuple[str, ...]
    """The services of ours that it can be."""
    capabilities: tuple[str, ...]
    """What its containers may do beside what every node may."""

    def check(self, options: Any, /) -> None:
        """See whether it can do what the options say.

        Raises:
            ValueError: it cannot; the text says what, to stand behind the program's name.

        """

    def run(self, task: Task) -> Run:
        """What is to be started."""

    def table_command(self, task: Task, /) -> Sequence[str]:
        """The command that prints its table; empty: its table is the kernel's of its own, with its own metrics."""

    def table(self, text: str, /) -> list[Learned]:
        """What that command printed → its routes by way of others. Lines that are no routes are passed over."""


def refuse(faults: Iterable[str]) -> None:
    """Say all that an implementation cannot do, each thing once; nothing where there is nothing.

    Raises:
        ValueError: there is something; the text stands behind the program's name.

    """
    if text := "; it ".join(dict.fromkeys(faults)):
        raise ValueError(text)
