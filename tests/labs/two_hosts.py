"""Two machines with an engine each, joined by a swarm, for labs over both. They are tests/engines.py's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import docker
import pytest
from engines import Engines
from lab_bench import LABS, PATIENCE, Bench, until
from on_engine import claimed

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.own_images import ensure_own_images, own_images
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.hosts import Host
from catenet.orchestrator.lab.load import load

__all__ = ["Machines", "machines_of"]


class Machines:
    """Hosts `france` and `world`, whose engines are one swarm and have the images."""

    def __init__(self, engines: Engines, image: str) -> None:
        self.engines, self.image = engines, image
        self.names = {"france": "a", "world": "b"}
        self.hosts = {name: Host(name, engines.hosts[each].url) for name, each in self.names.items()}

    def fleet(self) -> Fleet:
        """Connected anew, as each verb of the command line is."""
        connectors = {name: partial(connect, host.url) for name, host in self.hosts.items()}
        return Fleet(connectors, {name: host.url for name, host in self.hosts.items()})

    def there(self, host: str) -> list[dict[str, str]]:
        """The labels of all containers on that host, asked without the project's help."""
        client = docker.DockerClient(base_url=self.engines.hosts[self.names[host]].socket)
        labels = [each.labels for each in client.containers.list(all=True)]
        client.close()
        return labels

    def networks(self, host: str) -> set[str]:
        """The networks there that the engine did not make for itself."""
        client = docker.DockerClient(base_url=self.engines.hosts[self.names[host]].socket)
        names = {each.name for each in client.networks.list()}
        client.close()
        return names - {"bridge", "host", "none", "ingress", "docker_gwbridge"}

    def left(self, copy: str) -> list[str]:
        """What there is of a copy on either."""
        nodes = [
            each.get("catenet.node", "")
            for host in self.hosts
            for each in self.there(host)
            if each.get("catenet.lab") == copy
        ]
        return nodes + [name for host in self.hosts for name in self.networks(host) if name.startswith(copy)]

    @contextmanager
    def running(self, file: Path, copy: str) -> Iterator[Bench]:
        """Inside, a copy of that lab runs over both; afterwards neither has anything of it."""
        lab = load(file, hosts=self.hosts)
        with claimed(copy, self.fleet) as engine:
            up(engine, lab, copy, self.image, NoProgress(), timeout=PATIENCE)
            with Bench(engine, copy, file.parent) as bench:
                bench.lab = lab
                yield bench
        until(lambda: self.left(copy))  # a worker lists an overlay a while longer


@contextmanager
def machines_of(engines: Engines) -> Iterator[Machines]:
    """Inside they are one swarm, have the images of nodes and references, and are what CATENET_HOST names."""
    here = connect("local")
    image = ensure_node_image(here, NoProgress())
    mixed = load(LABS / "rip-mixed" / "lab.yaml")
    ensure_own_images(here, mixed, image, NoProgress())
    engines.carry(image, *set(own_images(mixed, image).values()))
    found = Machines(engines, image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(engines.bin), prepend=os.pathsep)
        patch.setenv("CATENET_HOST", ",".join(f"{host.name}={host.url}" for host in found.hosts.values()))
        engines.free_gossip()
        assert run(["hosts", "join"]) == 0
        yield found
        assert run(["hosts", "leave"]) == 0
