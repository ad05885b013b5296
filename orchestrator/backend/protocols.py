"""What the orchestrator needs of a container engine. Two implementations, one set of behaviour tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from catenet.nodes.address import Address, Prefix

__all__ = [
    "CAPABILITIES",
    "LABEL_BEGAN",
    "LABEL_FILE",
    "LABEL_FOLDER",
    "LABEL_HASH",
    "LABEL_HOST",
    "LABEL_HOSTS",
    "LABEL_LAB",
    "LABEL_LAN",
    "LABEL_LEFT",
    "LABEL_MTU",
    "LABEL_NETWORK",
    "LABEL_NODE",
    "LABEL_PLACES",
    "LABEL_PROJECT",
    "LABEL_SEGMENTS",
    "LABEL_SERVICE",
    "LABEL_UNDERLAY",
    "LABEL_WIRING",
    "Container",
    "ContainerSpec",
    "Containers",
    "Engine",
    "EngineError",
    "EngineGoneError",
    "Exec",
    "HostLostError",
    "Images",
    "Listed",
    "LogLine",
    "Network",
    "NetworkSpec",
    "Networks",
    "PrefixTakenError",
    "Streams",
    "containers_of",
    "listed_of",
    "networks_of",
]

CAPABILITIES = ("NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE")
"""What a node may do, and all else of root's power not: interfaces and routes, raw sockets, ports under 1024."""

LABEL_LAB = "catenet.lab"  # the copy's name; Compose's own word goes before it, since its file is made for any name
LABEL_NODE = "catenet.node"
LABEL_LAN = "catenet.lan"
LABEL_FILE = "catenet.file"  # the lab file's path; a relative one starts at the folder of Compose's project
LABEL_STACK = "catenet.stack"  # the stack of a node, where that is not the kernel's
LABEL_MOVED = "catenet.moved"  # the stack on which a node is in the place of the one that the file has
LABEL_ROUTING = "catenet.routing"  # the service that finds routes there, where that is not the one that the file has
LABEL_HASH = "catenet.hash"  # of all that the thing is, but its image: equal hashes need no change
LABEL_BEGAN = "catenet.began"  # when the copy was brought up, in seconds since 1970: its nodes count from there
LABEL_HOSTS = "catenet.hosts"  # of a copy on several hosts, on all that is its: JSON, host → how it is reached
LABEL_HOST = "catenet.host"  # the host on which the thing is
LABEL_LEFT = "catenet.left"  # on a container that only remembers: the hosts where a `down` left things, commas between
LABEL_PLACES = "catenet.places"  # on each container: JSON, node → host, of all nodes
LABEL_UNDERLAY = "catenet.underlay"  # the network that carries the copy's segments; it is no LAN of the lab
LABEL_SEGMENTS = "catenet.segments"  # JSON, LAN → prefix: the segments that a container is on; the underlay: the others
LABEL_MTU = "catenet.mtu"  # JSON, LAN → octets that it carries, where that is less than the lab file has
LABEL_WIRING = "catenet.wiring"  # on containers: how the copy is wired, where that is not as the file says
LABEL_PROJECT = "com.docker.compose.project"  # Compose's word for a copy
LABEL_NETWORK = "com.docker.compose.network"  # and for a LAN
LABEL_SERVICE = "com.docker.compose.service"  # and for a node
LABEL_FOLDER = "com.docker.compose.project.working_dir"


class EngineError(Exception):
    """The engine refused or did not answer: exit 3. The text says what was asked and what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}{f' ({hint})' if hint else ''}")
        self.hint = hint


class EngineGoneError(EngineError):
    """Nothing can be asked of the engine any more: it is not there, or it hangs."""


class HostLostError(EngineError):
    """One host of several, `host`, does not answer; what is asked of the others may go on."""

    def __init__(self, message: str, hint: str = "", *, host: str = "") -> None:
        super().__init__(message, hint)
        self.host = host


class PrefixTakenError(EngineError):
    """A network cannot be made: since the networks were listed, somebody else has taken addresses of its prefix."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A LAN as the engine is to make it. `mtu`: octets of the largest IP packet.

    `host`: on which of several hosts; an overlay is on all of them.
    """

    name: str
    prefix: Prefix
    gateway: Address
    labels: Mapping[str, str]
    mtu: int = 1500
    host: str = ""
    driver: Literal["bridge", "overlay"] = "bridge"


def _copy(labels: Mapping[str, str]) -> str:
    return labels.get(LABEL_PROJECT) or labels[LABEL_LAB] if LABEL_LAB in labels else ""


def _file(labels: Mapping[str, str]) -> Path | None:
    """An absolute path, the links in its folder resolved; None where the labels do not tell."""
    path = Path(labels.get(LABEL_FOLDER, ""), labels.get(LABEL_FILE, ""))
    try:
        return path.parent.resolve() / path.name if labels.get(LABEL_FILE) and path.is_absolute() else None
    except (OSError, RuntimeError, ValueError):  # no file can have such a name; or its links lead round in a circle
        return None


@dataclass(frozen=True, slots=True)
class Network:
    """A network as the engine has it (of ours or not). `host`: of several, the one that has it ("": an overlay)."""

    name: str
    prefixes: tuple[Prefix, ...]
    labels: Mapping[str, str]
    host: str = ""
    driver: str = "bridge"

    @property
    def copy(self) -> str:
        """The copy of a lab to which it belongs; empty for a network that is not ours."""
        return _copy(self.labels)

    @property
    def file(self) -> Path | None:
        """The lab file that it was made from, as far as it is known."""
        return _file(self.labels)


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A node as the engine is to make it. `endpoints`: network name → the engine's address there, an overlay before all
    others; `host`: on which of several hosts.
    """

    name: str
    hostname: str
    image: str
    environment: Mapping[str, str]
    endpoints: Mapping[str, Address]
    labels: Mapping[str, str]
    sysctls: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = CAPABILITIES
    data: Path | None = None  # a folder that the node sees, read-only, as /lab
    host: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A container as the engine lists it: that it is there. How it is, only inspection tells (`Container`).

    `listed_state` is no ground to decide anything by: on Docker 28.5 it is "running" for up to 0.2 s after a kill.
    `host`: of several, the one that has it.
    """

    name: str
    labels: Mapping[str, str]
    networks: tuple[str, ...]
    image: str
    listed_state: str = field(compare=False)
    host: str = field(default="", kw_only=True)

    @property
    def node(self) -> str:
        """The lab's name for it."""
        return self.labels.get(LABEL_NODE, self.name)

    @property
    def copy(self) -> str:
        """The copy of a lab to which it belongs; empty for a container that is not ours."""
        return _copy(self.labels)

    @property
    def file(self) -> Path | None:
        """The lab file that it was made from, as far as it is known."""
        return _file(self.labels)


@dataclass(frozen=True, slots=True)
class Container(Listed):
    """A container as it is, by inspection. `state`: created, running, paused, exited, restarting, removing or dead.

    `exit_code`: what its PID 1 returned, where the state is exited or dead.
    """

    state: str
    exit_code: int = 0


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
    def build(
        self,
        tag: str,
        context: bytes,
        arguments: Mapping[str, str],
        *,
        host_network: bool = False,
    ) -> None:
        """From a context in tar form. `host_network`: what its steps fetch goes by the engine's host's own network."""

    def import_base(self, tag: str, archive: Path) -> None: ...
    def can_pull(self, tag: str, timeout: float) -> bool: ...
    def image_tags(self) -> Sequence[str]:
        """The tags of all images, the newest first."""

    def remove_image(self, tag: str) -> None: ...
    def save(self, tag: str) -> Iterator[bytes]:
        """The image with all its layers, as `load` takes it, piece by piece."""

    def load(self, pieces: Iterable[bytes]) -> None: ...
    def carry(self, tag: str) -> Sequence[str]:
        """Of several hosts, those that lack it get it from one that has it; they are named, if that could be done."""


class Networks(Protocol):
    """The engine's networks. Removing what is not there is no error. `create_network` may raise PrefixTakenError."""

    def networks(self) -> Sequence[Network]: ...
    def host_addresses(self) -> Sequence[Address]:
        """The addresses of the machine that the engine runs on, where that is this one; else nothing is known."""

    def create_network(self, spec: NetworkSpec) -> None: ...
    def isolate_networks(self, names: Collection[str]) -> None:
        """The machine takes no part in these networks, whoever made them; those that we create are so at once."""

    def remove_network(self, name: str, host: str = "") -> None:
        """`host`: on which of several hosts, as `networks` has it."""

    def manages(self) -> bool:
        """Whether overlays can be made: the engine is a manager of a swarm."""

    def path_mtu(self) -> int | None:
        """Octets of the largest IP packet between the hosts of its swarm; None: not measured, or no manager."""


class Containers(Protocol):
    """The life of containers. `create` attaches every endpoint; removing what is not there is no error."""

    def listed(self, labels: Mapping[str, str | None]) -> Sequence[Listed]:
        """Those that have all these labels (None: whatever its value), running or not; one question for all."""

    def inspected(self, found: Iterable[Listed]) -> list[Container]:
        """How each is now, by a question for each. Those that have gone meanwhile are left out."""

    def create(self, spec: ContainerSpec) -> None: ...
    def start(self, name: str) -> None: ...
    def kill(self, name: str) -> None: ...
    def pause(self, name: str) -> None: ...
    def resume(self, name: str) -> None: ...
    def remove(self, name: str, host: str = "") -> None:
        """`host`: on which of several hosts, as `listed` has it; without one, wherever it is a lab's."""

    def inspect(self, name: str) -> Mapping[str, object]: ...


class Streams(Protocol):
    """What goes in and out of a running (or dead) container."""

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        """The lines written so far; with `follow`, on and on until the container ends or `close()` on the iterator."""

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> Exec:
        """Start a program inside."""

    def ahead(self, name: str) -> float:
        """By how many seconds the clock by which that container lives is ahead of this process's."""


class Engine(Images, Networks, Containers, Streams, Protocol):
    """All of it, as docker.py and fake.py have it."""

    def version(self) -> str: ...
    def data_root(self) -> Path | None:
        """The folder of its images, containers and logs, where the engine runs on this machine; else None."""

    def workshop(self) -> Engine:
        """Where images are made: of several hosts, one of them; `carry` brings what was made to the others."""

    def urls(self) -> Mapping[str, str]:
        """Host → how it is reached; of an engine by itself the host is the empty word."""

    def answers(self, seconds: float) -> bool:
        """Whether it says something within so many seconds, however busy it is."""

    def memories(self) -> Mapping[str, int]:
        """Host → octets of memory that its machine has; of an engine by itself the host is the empty word."""

    def lost(self) -> Mapping[str, str]:
        """Host → why it did not answer what was asked last; empty for an engine by itself, which raises that."""


def listed_of(engine: Containers, copy: str) -> list[Listed]:
    """All containers of a copy, whoever made them: `up`, or Compose (whose builder of the image is among them)."""
    return [container for container in engine.listed({LABEL_LAB: None}) if container.copy == copy]


def containers_of(engine: Containers, copy: str) -> list[Container]:
    """The same, each as it is now."""
    return engine.inspected(listed_of(engine, copy))


def networks_of(engine: Networks, copy: str) -> list[Network]:
    """All networks of a copy, whoever made them."""
    return [network for network in engine.networks() if network.copy == copy]
