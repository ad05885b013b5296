"""Docker's networks: bridges of one engine, and overlays of a Swarm, which are on all of its engines."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.docker_client import SLOW, Clients
from catenet.orchestrator.backend.docker_errors import engine_errors, is_ambiguous, is_overlap
from catenet.orchestrator.backend.docker_options import network_options, overlay_options
from catenet.orchestrator.backend.host import FIB_TRIE, isolate_bridge, isolation, own_addresses
from catenet.orchestrator.backend.protocols import EngineError, Network, NetworkSpec, PrefixTakenError

__all__ = ["DockerNetworks"]

_ALLOTTED = 10.0  # seconds within which a manager has given an overlay its prefix; it takes it some milliseconds
_DETACHED = 5.0  # seconds until a manager knows that the last container has left an overlay
_BETWEEN = 0.1  # seconds between two looks


class DockerNetworks:
    """The engine's networks."""

    _clients: Clients

    def networks(self) -> Sequence[Network]:
        with engine_errors("list the networks"):
            found = self._clients().networks()
        return [_network(item) for item in found]

    def host_addresses(self) -> Sequence[Address]:
        return own_addresses(Path(FIB_TRIE).read_text()) if self._clients.local else ()

    def create_network(self, spec: NetworkSpec) -> None:
        """A bridge that carries transit traffic and to which the host itself does not belong (see NETWORK_OPTIONS).

        An overlay only a manager of a Swarm can make. It is internal: without that, Docker gives each container a
        second interface and a default route, to the host's own network.
        """
        try:
            with engine_errors(f"create the network {spec.name} ({spec.prefix})"):
                if spec.driver == "overlay":
                    self._create_overlay(spec)
                    return
                made = self._create(spec, network_options(spec.mtu))
        except EngineError as error:
            if is_overlap(error):
                raise PrefixTakenError(str(error)) from error
            raise
        self._isolate([made])

    def _create(self, spec: NetworkSpec, options: Mapping[str, str], **more: Any) -> str:
        made = self._clients(SLOW).create_network(
            spec.name,
            driver=spec.driver,
            options=dict(options),
            ipam={"Config": [{"Subnet": str(spec.prefix), "Gateway": str(spec.gateway)}]},
            check_duplicate=True,  # engines before 25 would make a second one of the same name
            labels=dict(spec.labels),
            **more,
        )
        return str(made["Id"])

    def _create_overlay(self, spec: NetworkSpec) -> None:
        """The manager says yes before it looks whether the prefix is free: then the network never gets a driver."""
        made = self._create(spec, overlay_options(spec.mtu), internal=True, attachable=True)
        deadline = time.monotonic() + _ALLOTTED
        while not self._clients().inspect_network(made).get("Driver"):
            if time.monotonic() > deadline:
                self._clients(SLOW).remove_network(made)
                raise PrefixTakenError(f"create the network {spec.name}: the swarm has no room for {spec.prefix}")
            time.sleep(_BETWEEN)

    def isolate_networks(self, names: Collection[str]) -> None:
        """Each bridge of theirs is isolated from the engine's machine: this one, or a server that lets us (see
        `isolate_bridge`).
        """
        if not self._clients.local and self._clients.way is None:
            return
        with engine_errors("list the networks"):
            found = self._clients().networks()
        ours = (item for item in found if item["Name"] in names and item.get("Driver") == "bridge")
        self._isolate([str(item["Id"]) for item in ours])

    def _isolate(self, networks: Collection[str]) -> None:
        bridges = [f"br-{each[:12]}" for each in networks]
        if self._clients.local:
            for bridge in bridges:
                isolate_bridge(bridge)
        elif self._clients.way is not None and bridges:
            self._clients.way.set_there(isolation(bridges))

    def remove_network(self, name: str, host: str = "") -> None:
        """Remove a network; one that is not there is no error.

        Raises:
            EngineError: containers still hang on it.

        """
        del host  # it is by itself
        try:
            with engine_errors(f"remove the network {name}"):
                self._remove(name)
        except EngineError as error:
            if not is_ambiguous(error):
                raise
            for network_id in self._ids(name):
                with engine_errors(f"remove the network {name} ({network_id[:12]})"):
                    self._remove(network_id)

    def _remove(self, name: str) -> None:
        """An overlay's last container may have left it, and the manager not know yet. One that goes just now is
        in the engine's list still, and removing it is then a failure of the engine's own (moby 20.10).
        """
        deadline = time.monotonic() + _DETACHED
        while True:
            try:
                self._clients(SLOW).remove_network(name)
            except NotFound:
                return
            except APIError as error:
                if not _is_late(str(error.explanation).strip()) or time.monotonic() > deadline:
                    raise
                time.sleep(_BETWEEN)
            else:
                return

    def _ids(self, name: str) -> list[str]:
        with engine_errors("list the networks"):
            found = self._clients().networks(names=[name])
        return [str(item["Id"]) for item in found if item["Name"] == name]


def _is_late(said: str) -> bool:
    """Whether the engine refuses for something that will be otherwise soon."""
    return "is in use by task" in said or (said.startswith("network ") and said.endswith(" not found"))


def _network(item: Mapping[str, Any]) -> Network:
    prefixes = []
    for config in (item.get("IPAM") or {}).get("Config") or ():
        try:
            prefixes.append(Prefix.parse(config.get("Subnet", "")))
        except ValueError:
            continue  # IPv6
    return Network(str(item["Name"]), tuple(prefixes), item.get("Labels") or {}, driver=str(item.get("Driver", "")))
