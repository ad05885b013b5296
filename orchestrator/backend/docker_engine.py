"""Docker behind the Protocols, by docker-py's low-level client: one round trip a step, safe for many threads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from docker.errors import APIError, NotFound

from catenet.orchestrator.backend.archive import pack_folder
from catenet.orchestrator.backend.docker_client import SLOW, Clients
from catenet.orchestrator.backend.docker_clock import EngineClock
from catenet.orchestrator.backend.docker_errors import engine_errors, is_unfrozen
from catenet.orchestrator.backend.docker_images import DockerImages
from catenet.orchestrator.backend.docker_networks import DockerNetworks
from catenet.orchestrator.backend.docker_options import DATA, LOG_DRIVER, LOG_OPTIONS, SECURITY
from catenet.orchestrator.backend.docker_streams import DockerExec, LogStream
from catenet.orchestrator.backend.docker_swarm import DockerSwarm
from catenet.orchestrator.backend.host import nearest_seen
from catenet.orchestrator.backend.protocols import (
    Container,
    ContainerSpec,
    EngineError,
    Listed,
    LogLine,
)
from catenet.orchestrator.backend.turns import Turns

__all__ = ["DockerEngine"]

_FREEZING = 20.0  # seconds; an attempt takes the engine half a second
_INSPECTION = 5.0  # seconds: a container that is being started or removed is inspected after that
_ALL_ENDPOINTS_AT_ONCE = (1, 44)  # Docker 25; older engines take one at create, and the others one by one


class DockerContainers:
    """The life of containers."""

    _clients: Clients
    _turns: Turns

    def listed(self, labels: Mapping[str, str | None]) -> Sequence[Listed]:
        wanted = [key if value is None else f"{key}={value}" for key, value in labels.items()]
        with engine_errors("list the containers"):
            found = self._clients().containers(all=True, filters={"label": wanted})
        return [_listed(item) for item in found if item.get("Names")]  # one that is being removed may have none

    def inspected(self, found: Iterable[Listed]) -> list[Container]:
        """How each is now, one after the other: threads would cost more than the engine's answers.

        One whose inspection is not answered in time (moby does not answer while it is stuck at that container) is as
        it was listed.
        """
        return [container for each in found if (container := self._inspected(each)) is not None]

    def _inspected(self, found: Listed) -> Container | None:
        with engine_errors(f"inspect {found.name}"):
            try:
                return _container(found, self._clients(_INSPECTION).inspect_container(found.name))
            except NotFound:
                return None
            except requests.Timeout:
                return _container(found, {})

    def create(self, spec: ContainerSpec) -> None:
        """Make a container with all its endpoints, not yet running."""
        endpoints = [
            (network, {"IPAMConfig": {"IPv4Address": str(address)}}) for network, address in spec.endpoints.items()
        ]
        first = len(endpoints) if self._clients.api >= _ALL_ENDPOINTS_AT_ONCE else 1
        if first > 1 and spec.host:
            # Their order is the engine's choice, and the one by which it calls the rest must be there before it is
            # joined: on who only carries a swarm's overlay, that is not (moby 28, normalizeNetMode).
            endpoints.append(endpoints.pop(0))
        with engine_errors(f"create {spec.name}"):
            client = self._clients(SLOW)
            client.create_container_from_config(
                _container_body(spec, dict(endpoints[:first]), local=self._clients.local), spec.name
            )
            for network, endpoint in endpoints[first:]:
                client.connect_container_to_network(
                    spec.name, network, ipv4_address=endpoint["IPAMConfig"]["IPv4Address"]
                )
            if spec.data is not None and not self._clients.local:
                client.put_archive(spec.name, "/", pack_folder(spec.data, DATA.lstrip("/")))

    def start(self, name: str) -> None:
        """Start it, for the first time or again."""
        with engine_errors(f"start {name}"), self._turns.joining(name):
            self._clients(SLOW).start(name)

    def kill(self, name: str) -> None:
        """End it at once, without a word to it (SIGKILL)."""
        with engine_errors(f"kill {name}"), self._turns.leaving(name):
            self._clients(SLOW).kill(name)
            with suppress(
                requests.Timeout, NotFound
            ):  # answered before it is off its networks; an inspection is, after that
                self._clients(_INSPECTION).inspect_container(name)

    def pause(self, name: str) -> None:
        """Freeze its processes; its kernel goes on forwarding.

        A process that is being born when the kernel freezes the others makes it fail: it is tried again, for a while.
        """
        deadline = time.monotonic() + _FREEZING
        while True:
            try:
                with engine_errors(f"pause {name}"):
                    self._clients(SLOW).pause(name)
                return
            except EngineError as error:
                if not is_unfrozen(error) or time.monotonic() > deadline:
                    raise

    def resume(self, name: str) -> None:
        with engine_errors(f"resume {name}"):
            self._clients(SLOW).unpause(name)

    def remove(self, name: str, host: str = "") -> None:
        """Kill and remove it, in one call; one that is not there, or is being removed already, is no error."""
        del host  # it is by itself
        with engine_errors(f"remove {name}"), self._turns.leaving(name):
            client = self._clients(SLOW)
            try:
                client.remove_container(name, v=True, force=True)
            except NotFound:
                return
            except APIError as error:
                if "already in progress" not in str(error.explanation):
                    raise
                with suppress(NotFound):  # whoever removes it: its networks must wait for that
                    client.wait(name, timeout=SLOW, condition="removed")

    def _networks_of(self, name: str) -> tuple[str, ...]:
        """By the engine's list, which never waits for a container as its inspection does."""
        found = self._clients().containers(all=True, filters={"name": f"^/{name}$"})
        return tuple(network for item in found for network in _networks(item))

    def inspect(self, name: str) -> Mapping[str, object]:
        """All that the engine knows of it, in the engine's own words."""
        with engine_errors(f"inspect {name}"):
            return dict(self._clients().inspect_container(name))


def _container_body(spec: ContainerSpec, endpoints: Mapping[str, object], *, local: bool) -> dict[str, Any]:
    return {
        "Image": spec.image,
        "Hostname": spec.hostname,
        "Env": [f"{key}={value}" for key, value in spec.environment.items()],
        "Labels": dict(spec.labels),
        "StopSignal": "SIGTERM",
        "HostConfig": {
            "NetworkMode": next(iter(endpoints), "none"),
            "CapDrop": ["ALL"],
            "CapAdd": list(spec.capabilities),
            "SecurityOpt": list(SECURITY),
            "Sysctls": dict(spec.sysctls),
            "Mounts": [_mount(spec.data)] if spec.data is not None and local else [],
            "LogConfig": {"Type": LOG_DRIVER, "Config": LOG_OPTIONS},
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": {"EndpointsConfig": dict(endpoints)},
    }


def _mount(folder: Path) -> dict[str, Any]:
    return {"Type": "bind", "Source": str(folder), "Target": DATA, "ReadOnly": True}


def _listed(item: Mapping[str, Any]) -> Listed:
    return Listed(
        name=str(item["Names"][0]).lstrip("/"),
        labels=item.get("Labels") or {},
        networks=_networks(item),
        image=str(item.get("Image", "")),
        listed_state=str(item["State"]),
    )


def _container(found: Listed, item: Mapping[str, Any]) -> Container:
    """By its inspection, or without one (an empty item) as it was listed.

    The image stays the list's: inspection names one of that tag that was built anew since as if it were the same.
    """
    state = item.get("State") or {}
    return Container(
        name=found.name,
        labels=(item.get("Config") or {}).get("Labels") or found.labels,
        networks=_networks(item) if item else found.networks,
        image=found.image,
        listed_state=found.listed_state,
        state=str(state.get("Status") or found.listed_state),
        exit_code=int(state.get("ExitCode") or 0),
    )


def _networks(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple((item.get("NetworkSettings") or {}).get("Networks") or ())


class DockerEngine(DockerImages, DockerNetworks, DockerSwarm, DockerContainers):
    """Docker, whole (the Protocol OneEngine)."""

    def __init__(self, host: str = "") -> None:
        super().__init__(Clients(host))
        self._clock = EngineClock(self._clients)
        self._turns = Turns(self._networks_of)

    def version(self) -> str:
        """`20.10.24`: the engine's own words."""
        return str(self._clients.about.get("Version", "of an unknown version"))

    def data_root(self) -> Path | None:
        """The folder itself or, where not everybody may look at it, the nearest above it.

        None too where the engine's socket is on this machine and its folder is not: it runs in a machine inside this.
        """
        if not self._clients.local:
            return None
        with engine_errors("ask for its data root"):
            root = Path(str(self._clients().info().get("DockerRootDir") or "/"))
        return nearest_seen(root)

    def workshop(self) -> DockerEngine:
        return self

    def urls(self) -> Mapping[str, str]:
        return {"": self._clients.url}

    def answers(self, seconds: float) -> bool:
        """By a ping, which waits for no lock of the engine's."""
        try:
            with engine_errors("ping it"):
                return bool(self._clients(seconds).ping())
        except EngineError:
            return False

    def memories(self) -> Mapping[str, int]:
        with engine_errors("ask for its memory"):
            return {"": int(self._clients().info().get("MemTotal") or 0)}

    def ahead(self, name: str) -> float:
        """Of any container: all live by its engine's clock, which for an engine on this machine is ours."""
        del name
        return 0.0 if self._clients.local else self._clock.ahead()

    def lost(self) -> Mapping[str, str]:
        return {}

    def logs(self, name: str, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        return LogStream(self._clients, name, follow=follow, tail=tail)

    def execute(self, name: str, command: Sequence[str], *, stdin: bool = False, tty: bool = False) -> DockerExec:
        return DockerExec(self._clients, name, list(command), stdin=stdin, tty=tty)
