"""A directory without a network: its connections are fed by hand, its jobs are done when a test says so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.directory.state import Account, Change, State
from catenet.nodes.machine import Endpoint, Flush, OpenPort, Report, Work

__all__ = ["WALL", "Place", "Room", "password_of"]

WALL = 1_000_000.0
"""Seconds since 1970 at the machine's time 0."""
HERE = Endpoint(Address.parse("10.0.0.1"), 5223)


def password_of(user: str) -> str:
    return f"password of {user}"


def fits(asked: tuple[str, str]) -> bool:
    """A hash that costs nothing."""
    stored, password = asked
    return stored == f"hash of {password}"


class Place:
    """A client's connection, seen from the client."""

    def __init__(self, room: Room, address: str, port: int) -> None:
        self.room = room
        self.stream: Any = room.machine.accepted(HERE, Endpoint(Address.parse(address), port), room.now)
        self._number = 0

    def send(self, data: bytes) -> None:
        self.stream.receive_data(data, self.room.now)
        self.room.settle()

    def ask(self, ask: str, name: str = "", **fields: Any) -> str:
        self._number += 1
        name = name or f"{self.stream.peer.port}-{self._number}"
        self.send(json.dumps({"id": name, "ask": ask, **fields}).encode() + b"\n")
        return name

    def heard(self) -> list[dict[str, Any]]:
        """What came since the last call."""
        return [json.loads(line) for line in self.stream.data_to_send().splitlines()]

    def answered(self, ask: str, name: str = "", **fields: Any) -> dict[str, Any]:
        """The answer; notices before it and after it are left out, and what came before."""
        self.heard()
        name = self.ask(ask, name, **fields)
        (answer,) = [each for each in self.heard() if each.get("id") == name]
        return answer

    def login(self, user: str) -> dict[str, Any]:
        answer = self.answered("login", user=user, password=password_of(user))
        assert "ok" in answer, answer
        return dict(answer["ok"])


class Room:
    """The machine. `working`: jobs are done at once; else `do` does them. `file`: what was committed."""

    def __init__(self, users: Iterable[str] = ("alice", "bob", "carol"), **options: Any) -> None:
        accounts = {user: password_of(user) for user in users}
        self.options = DirectoryOptions(accounts=accounts, **options)
        self.file = State(Account(user, f"hash of {password}") for user, password in accounts.items())
        self.counters: Counter[str] = Counter()
        self.reports: list[Report] = []
        self.ports: list[OpenPort] = []
        self.jobs: list[Work] = []
        self.now = 0.0
        self.working = True
        self._random = Random("directory")
        self._port = 40_000
        self.start()

    def start(self) -> None:
        """Anew, with what the file has."""
        self.jobs.clear()
        self.machine = Directory(
            self.options,
            State(self.file.rows()),
            entropy=self._random.randbytes,
            nobody="hash of nobody",
            wall_clock=lambda: WALL + self.now,
            lan_of=lambda address: str(address).rpartition(".")[0],
            count=self._count,
        )
        self.settle()

    def place(self, address: str = "10.0.0.7") -> Place:
        self._port += 1
        return Place(self, address, self._port)

    def at(self, user: str, address: str = "10.0.0.7") -> Place:
        """Where he is logged in."""
        place = self.place(address)
        place.login(user)
        return place

    def friends(self, *users: str) -> list[Place]:
        """Each with each."""
        places = [self.at(user) for user in users]
        for number, place in enumerate(places):
            for other in range(number):
                place.ask("contact", do="add", user=users[other])
                places[other].ask("contact", do="accept", user=users[number])
        for place in places:
            place.heard()
        return places

    def settle(self) -> None:
        while actions := self.machine.take_actions():
            for action in actions:
                if isinstance(action, Work):
                    self.jobs.append(action)
                elif isinstance(action, Report):
                    self.reports.append(action)
                elif isinstance(action, OpenPort):
                    self.ports.append(action)
                else:
                    assert isinstance(action, Flush)
            if self.working:
                self.do(len(self.jobs))

    def do(self, many: int) -> None:
        """So many of the jobs that wait."""
        for _ in range(many):
            job = self.jobs.pop(0)
            self.machine.worked(job.tag, self._done(job.job, job.argument), "", self.now)
        self.settle()

    def pass_time(self, seconds: float, step: float = 0.5) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            due = self.machine.next_wake()
            if due is not None and due <= self.now:
                self.machine.wake(self.now)
                self.settle()

    def table(self) -> Any:
        return self.machine.show("directory", self.now)

    def _done(self, job: str, argument: Any) -> Any:
        if job == HASH:
            return fits(argument)
        change: Change = argument
        self.file.apply(change)
        return None

    def _count(self, counter: str, by: int = 1) -> None:
        self.counters[counter] += by
