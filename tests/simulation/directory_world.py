"""A directory and people in the simulated network, over TLS; its file outlives it, as a container's does a kill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jobs import Jobs
from network import Network, Node

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import DirectoryClient, Joined, Left
from catenet.nodes.application.directory.client import State as Where
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import COMMIT, HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.directory.message import Answer, Notice
from catenet.nodes.application.directory.state import Account, Change, State
from catenet.nodes.machine import Action, Endpoint, Stream
from catenet.nodes.runtime.work import Together

__all__ = ["DIRECTORY", "File", "Person", "World", "directory", "password_of"]

DIRECTORY = Endpoint(Address.parse("10.0.0.1"), 5223)
WALL = 1_000_000.0
"""Seconds since 1970 when the network begins."""


def password_of(user: str) -> str:
    return f"password of {user}"


class File:
    """What was committed. `before`, `after`: called with each change, ahead of it and behind it."""

    def __init__(self, users: Sequence[str]) -> None:
        self.state = State(Account(user, f"hash of {password_of(user)}") for user in users)
        self.before: Callable[[Change], bool] = lambda _: True
        self.after: Callable[[Change], object] = lambda _: None

    def commit(self, changes: Sequence[Change]) -> list[None]:
        """Whose process dies ahead of it, or within, writes nothing."""
        if all(self.before(change) for change in changes if change):
            for change in changes:
                self.state.apply(change)
            for change in changes:
                if change:
                    self.after(change)
        return [None] * len(changes)


def directory(node: Node, network: Network, options: DirectoryOptions, file: File) -> Directory:
    """One that begins with what its file holds."""
    prefixes = {name: lan.prefix for name, lan in network.lans.items()}
    return Directory(
        options,
        State(file.state.rows()),
        entropy=node.random.randbytes,
        nobody="hash of nobody",
        wall_clock=lambda: WALL + network.now,
        lan_of=lambda address: next((lan for lan, prefix in prefixes.items() if prefix.holds(address)), ""),
        count=lambda word, by=1: node.counters.update({word: by}),
    )


class Person:
    """Somebody with a client. `heard`: all that it said, and when; `then`: called with each of it."""

    def __init__(self, node: Node, password: str) -> None:
        self.client = DirectoryClient(
            node.name,
            password,
            DIRECTORY,
            "directory",
            tag=1,
            entropy=node.random.randbytes,
            random=node.random,
            count=lambda word, by=1: node.counters.update({word: by}),
        )
        self.heard: list[tuple[float, Joined | Left | Answer | Notice]] = []
        self.then: Callable[[Any], object] = lambda _: None
        self._now = 0.0

    def connected(self, tag: int, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self._now = now
        return self.client.connected(local, peer, now)

    def connect_failed(self, tag: int, why: str, now: float) -> None:
        self.client.connect_failed(why, now)

    def receive(self, packet: Any, now: float) -> None: ...

    def wake(self, now: float) -> None:
        self._now = now
        self.client.wake(now)

    def next_wake(self) -> float | None:
        return self.client.next_wake()

    def take_actions(self) -> list[Action]:
        for each in self.client.take_said():
            self.heard.append((self._now, each))
            self.then(each)
        return self.client.take_actions()

    @property
    def is_here(self) -> bool:
        return self.client.state is Where.HERE

    def of(self, kind: type[Any]) -> list[Any]:
        return [each for _, each in self.heard if isinstance(each, kind)]


class World:
    """All on one LAN."""

    def __init__(self, users: Sequence[str], *, seed: int = 1, hashing: float = 0.22, **options: Any) -> None:
        self.network = network = Network(seed)
        self.options = DirectoryOptions(accounts={user: password_of(user) for user in users}, **options)
        self.file = File(users)
        network.add_lan("lan", "10.0.0.0/16")
        jobs = Jobs({HASH: self._hash, COMMIT: Together(self.file.commit)}, {HASH: hashing, COMMIT: 0.001})
        self.hashes = 0
        network.add_node("directory", {"lan": str(DIRECTORY.address)}, self._directory, jobs=jobs)

    def add(self, user: str, password: str = "") -> Any:
        """His machine."""
        number = len(self.network.nodes)
        node = self.network.add_node(
            user,
            {"lan": f"10.0.{1 + number // 250}.{1 + number % 250}"},
            lambda node: Person(node, password or password_of(user)),
        )
        return node.machine

    def ask(self, user: str, *request: Any) -> str:
        """A person's client asks that → the id."""
        names: list[str] = []
        self.network.call(user, lambda person, _: names.append(person.client.ask(*request)))  # type: ignore[attr-defined]
        return names[0]

    def until(self, true: Callable[[], bool], within: float = 60.0) -> float:
        """How long that took."""
        took = self.network.run_until(true, within=within, step=0.01)
        assert took is not None
        return took

    def counter(self, name: str) -> int:
        return self.network.nodes["directory"].counters[name]

    def _directory(self, node: Node) -> Directory:
        return directory(node, self.network, self.options, self.file)

    def _hash(self, asked: tuple[str, str]) -> bool:
        self.hashes += 1
        return asked[0] == f"hash of {asked[1]}"
