"""Several engines, one on each host, as if they were one: what is made goes to its host, lists come from all at once.

A host that does not answer is left out of lists, and `lost` says why; what is asked of it alone raises HostLostError.
An overlay, which is on all hosts, is made, listed and removed once, by a host that manages the swarm.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from catenet.nodes.address import Address
from catenet.orchestrator.backend.fleet_member import Asked, Member, Patience
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    Container,
    ContainerSpec,
    Engine,
    EngineError,
    EngineGoneError,
    Exec,
    HostLostError,
    Listed,
    LogLine,
    Network,
    NetworkSpec,
)

__all__ = ["Fleet", "Patience"]

Found = TypeVar("Found")


class Fleet:
    """Engines of several hosts (the Protocol Engine), safe for many threads. Where a spec names no host, it is the
    first.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine | Callable[[], Engine]],
        urls: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """`engines`: host → its engine, or what connects to it when it is needed; `urls`: how each is reached."""
        self.patience = patience or Patience()
        where = urls or {}
        self._members = {name: Member(name, way, where.get(name, ""), self.patience) for name, way in engines.items()}
        self._lock = threading.Lock()
        self._owners: dict[str, dict[str, bool]] = {}  # container → host → whether it is a lab's

    def beside(self, ways: Mapping[str, Callable[[], Engine]], urls: Mapping[str, str]) -> Fleet:
        """The same hosts, and these."""
        found = Fleet(ways, urls, self.patience)
        found._members = {**self._members, **found._members}
        return found

    def lost(self) -> Mapping[str, str]:
        return {name: why for name, member in self._members.items() if (why := member.why)}

    def urls(self) -> Mapping[str, str]:
        """Host → how it is reached."""
        return {name: member.url for name, member in self._members.items()}

    def version(self) -> str:
        """That of each."""
        return ", ".join(f"{version} on {host}" for host, version in self._all(lambda engine: engine.version()).items())

    def answers(self, seconds: float) -> bool:
        """Whether one of them does."""
        try:
            return any(self._all(lambda engine: engine.answers(seconds)).values())
        except EngineGoneError:
            return False

    def data_root(self) -> Path | None:
        """There is no one folder."""

    def memories(self) -> Mapping[str, int]:
        """Raises HostLostError where one is lost: there is no planning without it."""
        return {host: sum(each.values()) for host, each in self._every(lambda engine: engine.memories()).items()}

    def ahead(self, name: str) -> float:
        with self._owner(name, "ask for the time of").engine() as engine:
            return engine.ahead(name)

    # Images

    def has_image(self, tag: str) -> bool:
        """Whether all have it.

        Raises:
            HostLostError: one does not answer.

        """
        return all(self._every(lambda engine: engine.has_image(tag)).values())

    def workshop(self) -> Engine:
        """This machine, if it is one of them; else the first."""
        local = [host for host, found in self._every(lambda engine: engine.host_addresses()).items() if found]
        with self._member(local[0] if local else "").engine() as engine:
            return engine

    def carry(self, tag: str) -> Sequence[str]:
        has = self._every(lambda engine: engine.has_image(tag))
        source = next((host for host, found in has.items() if found), None)
        if source is None:
            return ()
        lacking = [host for host, found in has.items() if not found]
        for host in lacking:
            with self._members[source].engine() as giving, self._members[host].engine() as taking:
                taking.load(giving.save(tag))
        return lacking

    def build(
        self,
        tag: str,
        context: bytes,
        arguments: Mapping[str, str],
        *,
        host_network: bool = False,
    ) -> None:
        """On one of them, and from there to the others."""
        self.workshop().build(tag, context, arguments, host_network=host_network)
        self.carry(tag)

    def import_base(self, tag: str, archive: Path) -> None:
        """On one of them, and from there to the others."""
        self.workshop().import_base(tag, archive)
        self.carry(tag)

    def can_pull(self, tag: str, timeout: float) -> bool:
        return self.workshop().can_pull(tag, timeout)

    def image_tags(self) -> Sequence[str]:
        """Those of all, each once."""
        return list(
            dict.fromkeys(tag for tags in self._all(lambda engine: engine.image_tags()).values() for tag in tags)
        )

    def remove_image(self, tag: str) -> None:
        self._every(lambda engine: engine.remove_image(tag))

    def save(self, tag: str) -> Iterator[bytes]:
        """From the first that has it."""
        having = [host for host, found in self._all(lambda engine: engine.has_image(tag)).items() if found]
        with self._member(having[0] if having else "").engine() as engine:
            yield from engine.save(tag)

    def load(self, pieces: Iterable[bytes]) -> None:
        """To the first; `carry` brings it to the others."""
        with self._member("").engine() as engine:
            engine.load(pieces)

    # Networks

    def networks(self) -> Sequence[Network]:
        """Overlays as a manager lists them: another host lists one late, and without its labels."""
        found: dict[tuple[str, str], Network] = {}
        for host, networks in self._all(_networks).items():
            for network in networks:
                of = "" if network.driver == "overlay" else host
                found.setdefault((of, network.name), replace(network, host=of))
        return list(found.values())

    def host_addresses(self) -> Sequence[Address]:
        return [address for found in self._all(lambda engine: engine.host_addresses()).values() for address in found]

    def create_network(self, spec: NetworkSpec) -> None:
        member = self._manager() if spec.driver == "overlay" else self._member(spec.host)
        with member.engine() as engine:
            engine.create_network(spec)

    def isolate_networks(self, names: Collection[str]) -> None:
        self._all(lambda engine: engine.isolate_networks(names))

    def remove_network(self, name: str, host: str = "") -> None:
        """Without a host, wherever it is: an overlay by a manager."""
        if host:
            with self._member(host).engine() as engine:
                engine.remove_network(name)
            return
        for network in self.networks():
            if network.name == name:
                member = self._manager() if network.driver == "overlay" else self._member(network.host)
                with member.engine() as engine:
                    engine.remove_network(name)

    def path_mtu(self) -> int | None:
        """As a host has it that manages their swarm."""
        found = self._all(lambda engine: engine.path_mtu()).values()
        return next((octets for octets in found if octets is not None), None)

    def manages(self) -> bool:
        return any(self._all(lambda engine: engine.manages()).values())

    # Containers

    def listed(self, labels: Mapping[str, str | None]) -> Sequence[Listed]:
        found = self._all(lambda engine: engine.listed(labels))
        things = [replace(each, host=host) for host, containers in found.items() for each in containers]
        with self._lock:
            if labels in ({}, {LABEL_LAB: None}):  # what such a list lacks has gone
                for owners in self._owners.values():
                    for host in found.keys() & owners:
                        if owners[host] or not labels:
                            del owners[host]
            for each in things:
                self._owners.setdefault(each.name, {})[each.host] = LABEL_LAB in each.labels
        return things

    def inspected(self, found: Iterable[Listed]) -> list[Container]:
        """Those on a host that does not answer are left out, too."""
        of: dict[str, list[Listed]] = {}
        for each in found:
            of.setdefault(self._member(each.host).name, []).append(each)
        asked = {
            host: member.ask(partial(_inspected, found=of[host]))
            for host, member in self._members.items()
            if host in of
        }
        return [replace(each, host=host) for host, containers in self._answers(asked).items() for each in containers]

    def create(self, spec: ContainerSpec) -> None:
        member = self._member(spec.host)
        with member.engine() as engine:
            engine.create(spec)
        with self._lock:
            self._owners.setdefault(spec.name, {})[member.name] = LABEL_LAB in spec.labels

    def start(self, name: str) -> None:
        with self._owner(name, "start").engine() as engine:
            engine.start(name)

    def kill(self, name: str) -> None:
        with self._owner(name, "kill").engine() as engine:
            engine.kill(name)

    def pause(self, name: str) -> None:
        with self._owner(name, "pause").engine() as engine:
            engine.pause(name)

    def resume(self, name: str) -> None:
        with self._owner(name, "resume").engine() as engine:
            engine.resume(name)

    def remove(self, name: str, host: str = "") -> None:
        for each in [host] if host else [host for host, ours in self._owners_of(name).items() if ours]:
            with self._member(each).engine() as engine:
                engine.remove(name)
            with self._lock:
                self._owners.get(name, {}).pop(each, None)

    def inspect(self, name: str) -> Mapping[str, object]:
        with self._owner(name, "inspect").engine() as engine:
            return engine.inspect(name)

    # Streams

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        member = self._owner(name, "read the logs of")
        with member.engine() as engine:
            return _Logs(member, engine.logs(name, follow=follow, tail=tail))

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> Exec:
        with self._owner(name, f"run {command[0]} in").engine() as engine:
            return engine.execute(name, command, stdin=stdin, tty=tty)

    # Which host

    def _member(self, host: str) -> Member:
        try:
            return self._members[host or next(iter(self._members))]
        except KeyError:
            raise EngineError(f"no host is called {host!r}", f"there are {', '.join(self._members)}") from None

    def _manager(self) -> Member:
        """The first that manages the swarm."""
        found = self._all(lambda engine: engine.manages())
        manager = next((host for host, manages in found.items() if manages), None)
        if manager is None:
            raise self._one_lost() or EngineError(
                "no host manages a swarm, which LANs between hosts need",
                f"catenet hosts join {' '.join(f'--host {host}={url or host}' for host, url in self.urls().items())}",
            )
        return self._members[manager]

    def _owner(self, name: str, verb: str) -> Member:
        """The host that has the container; one of a lab goes before somebody else's of that name.

        Raises:
            HostLostError: none has it, and one that does not answer may.
            EngineError: none has it.

        """
        owners = self._owners_of(name)
        if not owners:
            raise EngineError(f"{verb} {name}: no host has such a container", "`catenet status` shows what there is")
        return self._members[min(owners, key=lambda host: not owners[host])]

    def _owners_of(self, name: str) -> Mapping[str, bool]:
        """Host → whether it is a lab's.

        Raises:
            HostLostError: none has it, and one that does not answer may.

        """
        if not self._owners.get(name):
            self.listed({})
        with self._lock:
            owners = dict(self._owners.get(name, {}))
        if not owners and (lost := self._one_lost()) is not None:
            raise lost
        return owners

    def _one_lost(self) -> HostLostError | None:
        return next((lost for member in self._members.values() if (lost := member.lost)), None)

    # All at once

    def _every(self, question: Callable[[Engine], Found]) -> dict[str, Found]:
        """Host → answer.

        Raises:
            HostLostError: one does not answer.

        """
        asked = {host: member.ask(question) for host, member in self._members.items()}
        return {host: self._members[host].answer(each) for host, each in asked.items()}

    def _all(self, question: Callable[[Engine], Found]) -> dict[str, Found]:
        """Host → answer, of those that answer.

        Raises:
            EngineGoneError: none does.

        """
        return self._answers({host: member.ask(question) for host, member in self._members.items()})

    def _answers(self, asked: Mapping[str, Asked[Found]]) -> dict[str, Found]:
        found = {}
        limit = self._limit([*asked.values()])
        for host, each in asked.items():
            try:
                found[host] = self._members[host].answer(each, limit)
            except HostLostError:
                continue
        if not found and asked:
            lost = "; ".join(f"{host}: {why}" for host, why in self.lost().items())
            raise EngineGoneError(f"no host answers: {lost}")
        return found

    def _limit(self, asked: Sequence[Asked[Found]]) -> float:
        """Seconds that each step to a host may take, once the first has answered: where that took long, the machine is
        busy, and half as long again is no reason to give another up.
        """
        if self.patience.others >= self.patience.connect:
            return self.patience.connect
        began, left = time.monotonic(), {each.future for each in asked}
        while left and (took := time.monotonic() - began) < self.patience.connect:
            done, left = wait(left, self.patience.connect - took, FIRST_COMPLETED)
            if any(future.exception() is None for future in done):
                break
        took = 1.5 * (time.monotonic() - began)
        return min(self.patience.connect, max(self.patience.others, self.patience.took, took))


def _networks(engine: Engine) -> list[Network]:
    found = list(engine.networks())
    if any(network.driver == "overlay" for network in found) and not engine.manages():
        return [network for network in found if network.driver != "overlay"]
    return found


def _inspected(engine: Engine, found: Iterable[Listed]) -> list[Container]:
    return engine.inspected(found)


class _Logs(Iterator[LogLine]):
    """A log; what its engine raises says which host it is about."""

    def __init__(self, member: Member, lines: Iterator[LogLine]) -> None:
        self._member, self._lines = member, lines

    def __next__(self) -> LogLine:
        with self._member.errors():
            return next(self._lines)

    def close(self) -> None:
        close = getattr(self._lines, "close", None)
        if close is not None:
            close()
