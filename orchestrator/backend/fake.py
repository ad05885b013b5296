"""The twin of docker.py, in memory: an engine for tests, with the same behaviour (tests/orchestrator/backend/).

What a test can give it:
    before    called before every call that changes something, with the call and its object; it may raise, or wait
    script    what a node writes when it starts: lines (default: the event node.ready)
    answer    what a program run inside a node says: (container, command, input) → (exit code, output, error output)
    gone      True: from now on nothing can be asked of it any more
    hangs     True: whatever it is asked waits until it is False again
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import ASK_COMMAND
from catenet.orchestrator.backend.fake_container import FakeContainer, FakeLogs
from catenet.orchestrator.backend.fake_exec import FakeControlSocket, FakeExec
from catenet.orchestrator.backend.fake_images import FakeImages
from catenet.orchestrator.backend.fake_swarm import FakeSwarmMember
from catenet.orchestrator.backend.protocols import (
    LABEL_NODE,
    Container,
    ContainerSpec,
    EngineError,
    EngineGoneError,
    Listed,
    LogLine,
    Network,
    NetworkSpec,
    PrefixTakenError,
)

__all__ = ["Answer", "Before", "FakeEngine", "Script", "fail_at", "node_ready"]

Before = Callable[[str, str], None]
Script = Callable[[ContainerSpec], Iterable[str]]
Answer = Callable[[str, Sequence[str], bytes], tuple[int, bytes, bytes]]

_KILLED = 137
_NO_PROGRAM = 127


def fail_at(number: int) -> Before:
    """A `before` that lets the first calls pass and refuses the one of that number (from 1)."""
    count = 0
    lock = threading.Lock()

    def before(call: str, name: str) -> None:
        nonlocal count
        with lock:
            count += 1
            refused = count == number
        if refused:
            raise EngineError(f"{call} {name}: refused, as the test wants")

    return before


def node_ready(spec: ContainerSpec) -> Iterable[str]:
    """What every node of ours says when it has started."""
    services = json.loads(spec.environment.get(CONFIG_VARIABLE, "{}")).get("services", {})
    node = spec.labels.get(LABEL_NODE, spec.name)
    event = Event(time.time(), node, "node", "node.ready", "ready", {"services": list(services)})
    return [event.line(with_json=True)]


def _no_program(_container: str, command: Sequence[str], _stdin: bytes) -> tuple[int, bytes, bytes]:
    return _NO_PROGRAM, b"", f"{command[0]}: not found\n".encode()


class FakeEngine(FakeImages, FakeSwarmMember):
    """An engine in memory (the Protocol OneEngine), safe for many threads.

    `unlisted`: prefixes of networks that somebody else is making: they are taken, and in no list yet. `root`: its data
    root. `url`: how it is reached. `octets`: the memory of its machine. `seconds_ahead`: of its clock, which its nodes
    live by.
    """

    def __init__(
        self, *, before: Before | None = None, script: Script = node_ready, answer: Answer = _no_program
    ) -> None:
        FakeImages.__init__(self)
        FakeSwarmMember.__init__(self)
        self.before = before
        self.script = script
        self.answer = answer
        self.changed = threading.Condition(threading.RLock())
        self._gone = self._hangs = False
        self.calls: list[tuple[str, str]] = []
        self.executed: list[str] = []
        """The containers in which a program was started, one for each."""
        self.addresses: tuple[Address, ...] = ()
        self.unlisted: list[Prefix] = []
        self.isolated: set[str] = set()
        self.root: Path | None = Path("/")
        self.url = "local"
        self.octets = 8_000_000_000
        self.seconds_ahead = 0.0
        self._networks: dict[str, NetworkSpec] = {}
        self._containers: dict[str, FakeContainer] = {}

    @property
    def gone(self) -> bool:
        return self._gone

    @gone.setter
    def gone(self, gone: bool) -> None:
        with self.changed:
            self._gone = gone
            self.changed.notify_all()

    @property
    def hangs(self) -> bool:
        return self._hangs

    @hangs.setter
    def hangs(self, hangs: bool) -> None:
        with self.changed:
            self._hangs = hangs
            self.changed.notify_all()

    def workshop(self) -> FakeEngine:
        return self

    def urls(self) -> Mapping[str, str]:
        return {"": self.url}

    def answers(self, seconds: float) -> bool:
        """At once."""
        del seconds
        return not self.gone and not self.hangs

    def version(self) -> str:
        """Says that it is none."""
        return "in memory"

    def data_root(self) -> Path | None:
        """What the test gives it."""
        return self.root

    def memories(self) -> Mapping[str, int]:
        """What the test gives it."""
        self._must_be_there("ask for its memory")
        return {"": self.octets}

    def ahead(self, name: str) -> float:
        """What the test gives it."""
        self._must_be_there(f"ask for the time of {name}")
        return self.seconds_ahead

    def lost(self) -> Mapping[str, str]:
        return {}

    def write(self, name: str, line: str) -> None:
        """For tests: the node writes a line, now."""
        with self.changed:
            self._find(name).log.append(LogLine(time.time() + self.seconds_ahead, line))
            self.changed.notify_all()

    def stop(self, name: str, code: int) -> None:
        """For tests: the node's PID 1 ends by itself."""
        with self.changed:
            self._end(self._find(name), code)

    # Networks

    def host_addresses(self) -> Sequence[Address]:
        """Those that the test gives it."""
        return self.addresses

    def networks(self) -> Sequence[Network]:
        self._must_be_there("list the networks")
        with self.changed:
            own = [
                Network(spec.name, (spec.prefix,), spec.labels, driver=spec.driver) for spec in self._networks.values()
            ]
            return [*own, *self._overlays()]

    def create_network(self, spec: NetworkSpec) -> None:
        """As Docker does, refuses a name twice, and a prefix that overlaps."""
        self._note("create network", spec.name)
        what = f"create the network {spec.name} ({spec.prefix})"
        with self.changed:
            if spec.name in self._networks:
                raise EngineError(f"{what}: network with name {spec.name} already exists")
            if not spec.prefix.holds(spec.gateway):
                raise EngineError(f"{what}: gateway {spec.gateway} is outside")
            if spec.driver == "overlay":
                self._must_manage(what)
                self.swarm.create(spec)
                return
            taken = [*self.unlisted, *(other.prefix for other in self._networks.values())]
            if any(prefix.overlaps(spec.prefix) for prefix in taken):
                raise PrefixTakenError(f"{what}: Pool overlaps with other one on this address space")
            self._networks[spec.name] = spec

    def isolate_networks(self, names: Collection[str]) -> None:
        self.isolated.update(names)

    def remove_network(self, name: str, host: str = "") -> None:
        """Refuses while a running container hangs on it."""
        del host  # it is by itself
        self._note("remove network", name)
        with self.changed:
            if name in self.swarm.overlays:
                self._must_manage(f"remove the network {name}")
                self.swarm.remove(name)
                return
            if name in self._used_networks():
                raise EngineError(f"remove the network {name}: it has active endpoints")
            self._networks.pop(name, None)

    def _used_networks(self) -> set[str]:
        running = [c for c in self._containers.values() if c.state in ("running", "paused")]
        return {name for container in running for name in container.spec.endpoints}

    # Containers

    def listed(self, labels: Mapping[str, str | None]) -> Sequence[Listed]:
        """Those that have all these labels (None: whatever its value); each as it was before it last changed.

        Docker 28's list lags behind for some milliseconds; this one until it has been asked for once.
        """

        def fits(has: Mapping[str, str]) -> bool:
            return all(key in has and value in (None, has[key]) for key, value in labels.items())

        self._must_be_there("list the containers")
        with self.changed:
            return [container.listed() for container in self._containers.values() if fits(container.spec.labels)]

    def inspected(self, found: Iterable[Listed]) -> list[Container]:
        self._must_be_there("inspect")
        with self.changed:
            there = [(each, self._containers.get(each.name)) for each in found]
            return [container.inspected(each) for each, container in there if container is not None]

    def create(self, spec: ContainerSpec) -> None:
        """Refuses a name twice, an unknown network, an address outside its prefix, an image that is not there."""
        self._note("create", spec.name)
        what = f"create {spec.name}"
        with self.changed:
            if spec.name in self._containers:
                raise EngineError(f"{what}: the name {spec.name} is already in use")
            if spec.image not in self._images:
                raise EngineError(f"{what}: No such image: {spec.image}")
            known = {**self.swarm.overlays, **self._networks}
            for name, address in spec.endpoints.items():
                if name not in known:
                    raise EngineError(f"{what}: network {name} not found")
                if not known[name].prefix.holds(address):
                    raise EngineError(f"{what}: address {address} is outside {known[name].prefix}")
            self._containers[spec.name] = FakeContainer(spec)

    def start(self, name: str) -> None:
        """Starts it, and its first lines are in the log."""
        self._note("start", name)
        with self.changed:
            container = self._find(name, f"start {name}")
            if container.state in ("running", "paused"):
                return
            container.turn("running")
            container.lives += 1
            now = time.time() + self.seconds_ahead
            container.log += [LogLine(now, line) for line in self.script(container.spec)]
            self.changed.notify_all()

    def kill(self, name: str) -> None:
        self._note("kill", name)
        with self.changed:
            container = self._find(name, f"kill {name}")
            if container.state not in ("running", "paused"):
                raise EngineError(f"kill {name}: Container {name} is not running")
            self._end(container, _KILLED)

    def pause(self, name: str) -> None:
        self._turn("pause", name, "running", "paused", "is not running")

    def resume(self, name: str) -> None:
        self._turn("resume", name, "paused", "running", "is not paused")

    def remove(self, name: str, host: str = "") -> None:
        del host  # it is by itself
        self._note("remove", name)
        with self.changed:
            container = self._containers.pop(name, None)
            if container is not None:
                self._end(container, _KILLED)

    def inspect(self, name: str) -> Mapping[str, object]:
        container = self._find(name, f"inspect {name}")
        state = {"Status": container.state, "ExitCode": container.code}
        return {"Name": f"/{name}", "State": state, "Config": {"Image": container.spec.image}}

    # Streams

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        return FakeLogs(
            self.changed, self._must_be_there, self._find(name, f"read the logs of {name}"), follow=follow, tail=tail
        )

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> FakeExec:
        """The test's `answer` is the program."""
        container = self._find(name, f"run {command[0]} in {name}")
        if container.state != "running":
            raise EngineError(f"run {command[0]} in {name}: Container {name} is {container.state}, not running")
        del tty
        self.executed.append(name)
        if tuple(command) == ASK_COMMAND and stdin:
            life = container.lives
            return FakeControlSocket(
                lambda given: self.answer(name, command, given),
                state=lambda: container.state if container.lives == life else "exited",
                changed=self.changed,
            )
        waits = stdin and self.answer is not _no_program  # one that is not there waits for no input
        return FakeExec(lambda given: self.answer(name, command, given), stdin=waits)

    def _images_in_use(self) -> Collection[str]:
        with self.changed:
            return {container.spec.image for container in self._containers.values()}

    def _note(self, call: str, name: str) -> None:
        self.calls.append((call, name))
        if self.before is not None:
            self.before(call, name)
        self._must_be_there(f"{call} {name}")

    def _must_be_there(self, what: str) -> None:
        with self.changed:
            while self.hangs:
                self.changed.wait()
        if self.gone:
            raise EngineGoneError(f"{what}: the engine has gone", "start it")

    def _find(self, name: str, what: str = "") -> FakeContainer:
        self._must_be_there(what or name)
        try:
            return self._containers[name]
        except KeyError:
            raise EngineError(f"{what or name}: No such container: {name}") from None

    def _turn(self, call: str, name: str, old: str, new: str, otherwise: str) -> None:
        self._note(call, name)
        with self.changed:
            container = self._find(name, f"{call} {name}")
            if container.state != old:
                raise EngineError(f"{call} {name}: Container {name} {otherwise}")
            container.turn(new)
            self.changed.notify_all()

    def _end(self, container: FakeContainer, code: int) -> None:
        container.turn("exited")
        container.code = code
        self.changed.notify_all()
