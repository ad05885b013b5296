"""How the verbs of a round reach an engine, or two of a swarm; and where the proxy stands that troubles them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import NotFound
from engine_proxy import EngineProxy, Loss

from catenet.orchestrator.backend.docker_client import engine_url

__all__ = ["ONE", "Everywhere", "Ways"]


class Ways:
    """`hosts`: name → its engine's socket; none: the engine that DOCKER_HOST names.

    The last host is reached by `place`, a link to its socket: there the proxy takes its place, so that it is called the
    same in trouble and out of it.
    """

    def __init__(self, hosts: Mapping[str, str], place: Path) -> None:
        self._hosts, self._place = hosts, place
        self._last = [*hosts.values()][-1].removeprefix("unix://") if hosts else ""
        if hosts:
            place.symlink_to(self._last)

    @property
    def several(self) -> bool:
        """Whether one of them may be lost, and the others not."""
        return len(self._hosts) > 1

    @property
    def environment(self) -> dict[str, str]:
        """What the verbs are told."""
        if not self._hosts:
            return {}
        ways = [
            *[f"{name}={url}" for name, url in self._hosts.items()][:-1],
            f"{[*self._hosts][-1]}=unix://{self._place}",
        ]
        return {"CATENET_HOST": ",".join(ways)}

    @contextmanager
    def proxy(
        self, folder: Path, call: int, what: Loss | Callable[[], None]
    ) -> Iterator[tuple[EngineProxy, dict[str, str]]]:
        """It stands, and what the verb that is to be troubled is told."""
        if not self._hosts:
            with EngineProxy(folder / "engine.sock", call, what) as proxy:
                yield proxy, {"DOCKER_HOST": proxy.address}
            return
        self._place.unlink()
        try:
            with EngineProxy(self._place, call, what, f"unix://{self._last}") as proxy:
                yield proxy, self.environment
        finally:
            self._place.unlink(missing_ok=True)
            self._place.symlink_to(self._last)

    def everywhere(self) -> Everywhere:
        """To all of them, past the proxy."""
        return Everywhere([APIClient(base_url=url, version="auto") for url in self._hosts.values() or [engine_url()]])


class Everywhere:
    """Several engines as one, as far as a round asks them: a container is looked for on each."""

    def __init__(self, clients: list[Any]) -> None:
        self._clients = clients

    def kill(self, name: str) -> None:
        self._with(name).kill(name)

    def pause(self, name: str) -> None:
        self._with(name).pause(name)

    def remove(self, name: str) -> None:
        """Whether it runs or not."""
        self._with(name).remove_container(name, force=True)

    def processes(self, name: str) -> list[list[str]]:
        """The number and the command of each process in it."""
        rows: list[list[str]] = self._with(name).top(name, "-o pid,args")["Processes"]
        return rows

    def containers(self, **filters: str) -> list[str]:
        """Their names, dead ones' too."""
        each = [client.containers(all=True, filters=filters) for client in self._clients]
        return [item["Names"][0].removeprefix("/") for items in each for item in items]

    def networks(self, **filters: str) -> list[str]:
        each = [client.networks(filters=filters) for client in self._clients]
        return [item["Name"] for items in each for item in items]

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def _with(self, name: str) -> Any:
        """The engine that has it; the last one where none has, which says so."""
        for client in self._clients[:-1]:
            try:
                client.inspect_container(name)
            except NotFound:
                continue
            return client
        return self._clients[-1]


ONE = Ways({}, Path())
"""The engine that DOCKER_HOST names."""
