"""What the orchestrator needs of a container engine. Two implementations, one set of behaviour tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from catenet.nodes.address import Address, Prefix

__all__ = [
    "LABEL_FILE",
    "LABEL_HASH",
    "LABEL_LAB",
    "LABEL_LAN",
    "LABEL_NODE",
    "Container",
    "ContainerSpec",
    "Containers",
    "Engine",
    "EngineError",
    "Exec",
    "Images",
    "LogLine",
    "Network",
    "NetworkSpec",
    "Networks",
    "PrefixTakenError",
    "Streams",
]

LABEL_LAB = "catenet.lab"  # the copy's name
LABEL_NODE = "catenet.node"
LABEL_LAN = "catenet.lan"
LABEL_FILE = "catenet.file"  # the lab file's absolute path
LABEL_HASH = "catenet.hash"  # of the whole spec: equal hashes need no change


class EngineError(Exception):
    """The engine refused or did not answer: exit 3. The text says what was asked and what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}{f' ({hint})' if hint else ''}")
        self.hint = hint


class PrefixTakenError(EngineError):
    """A network cannot be made: since the networks were listed, somebody else has taken addresses of its prefix."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A LAN as the engine is to make it."""

    name: str
    prefix: Prefix
    gateway: Address
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Network:
    """A network as the engine has it (of ours or not)."""

    name: str
    prefixes: tuple[Prefix, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A node as the engine is to make it. `endpoints`: network name → the engine's address there."""

    name: str
    hostname: str
    image: str
    environment: Mapping[str, str]
    endpoints: Mapping[str, Address]
    labels: Mapping[str, str]
    sysctls: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE")
    data: Path | None = None  # a folder that the node sees, read-only, as /lab


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the engine has it. `state`: created, running, paused, exited, restarting, removing or dead."""

    name: str
    state: str
    labels: Mapping[str, str]
    networks: tuple[str, ...]
    image: str = ""
    status: str = ""  # the engine's words: "Up 3 minutes (Paused)", "Exited (137) 2 seconds ago"

    @property
    def node(self) -> str:
        """The lab's name for it."""
        return self.labels.get(LABEL_NODE, self.name)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a node wrote. `at`: when the engine got it, in seconds since 1970."""

    at: float
    text: str


class Exec(Protocol):
    """A program running inside a node: its streams, and at the end its exit code."""

    def write(self, data: bytes) -> None:
        """To its standard input."""

    def end_input(self) -> None:
        """Its standard input ends."""

    def read(self, timeout: float | None = None) -> tuple[int, bytes] | None:
        """(1, bytes) of standard output or (2, bytes) of standard error; None at the end.

        Raises:
            TimeoutError: nothing came within the time.

        """

    def resize(self, rows: int, columns: int) -> None:
        """The size of its terminal, in characters."""

    def exit_code(self) -> int:
        """After the end: what the program returned."""

    def close(self) -> None:
        """Shut the stream down both ways (a mere close would leave the program running)."""


class Images(Protocol):
    """The engine's images."""

    def has_image(self, tag: str) -> bool: ...
    def build(self, tag: str, context: bytes, arguments: Mapping[str, str], labels: Mapping[str, str]) -> None: ...
    def import_base(self, tag: str, archive: Path) -> None: ...
    def can_pull(self, tag: str, timeout: float) -> bool: ...
    def image_tags(self) -> Sequence[str]: ...
    def remove_image(self, tag: str) -> None: ...


class Networks(Protocol):
    """The engine's networks. Removing what is not there is no error. `create_network` may raise PrefixTakenError."""

    def networks(self) -> Sequence[Network]: ...
    def host_addresses(self) -> Sequence[Address]:
        """The addresses of the machine that the engine runs on, where that is this one; else nothing is known."""

    def create_network(self, spec: NetworkSpec) -> None: ...
    def remove_network(self, name: str) -> None: ...


class Containers(Protocol):
    """The life of containers. `create` attaches every endpoint; removing what is not there is no error."""

    def containers(self, labels: Mapping[str, str | None]) -> Sequence[Container]: ...
    def create(self, spec: ContainerSpec) -> None: ...
    def start(self, name: str) -> None: ...
    def kill(self, name: str) -> None: ...
    def pause(self, name: str) -> None: ...
    def resume(self, name: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def inspect(self, name: str) -> Mapping[str, object]: ...


class Streams(Protocol):
    """What goes in and out of a running (or dead) container."""

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        """The lines written so far; with `follow`, on and on until the container ends or `close()` on the iterator."""

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> Exec:
        """Start a program inside."""


class Engine(Images, Networks, Containers, Streams, Protocol):
    """All of it, as docker.py and fake.py have it."""

    def version(self) -> str: ...
