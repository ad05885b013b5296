"""Nodes as containers on the engine, each told what it is by hand: what all tests of them share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import docker
from on_engine import free_prefix

from catenet.nodes.address import Address
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_NODE,
    Container,
    ContainerSpec,
    Engine,
    NetworkSpec,
    containers_of,
)
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.ask import ask

POLL = 0.05
"""Seconds between two looks: each costs the engine more than that which is waited for costs the node."""
SYSCTLS = {
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}


class NodesOnEngine:
    """The nodes and networks of one copy of a lab."""

    def __init__(self, engine: Engine, lab: str) -> None:
        self.engine = engine
        self.lab = lab
        self.image = ensure_node_image(engine, NoProgress())
        self.client = docker.from_env()

    def network(self, lan: str, mtu: int = 1500) -> NetworkSpec:
        """One of the engine's, where it has room: a /28."""
        prefix = free_prefix(self.engine)
        spec = NetworkSpec(f"{self.lab}_{lan}", prefix, Address(prefix.broadcast - 1), {LABEL_LAB: self.lab}, mtu)
        self.engine.create_network(spec)
        return spec

    def create(
        self, config: NodeConfig, places: Mapping[str, Address], settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """A node on these networks, at these of the engine's addresses. `settings`: more of its kernel's."""
        self.engine.create(
            ContainerSpec(
                f"{self.lab}-{config.node}",
                config.node,
                self.image,
                {CONFIG_VARIABLE: config.to_json()},
                {f"{self.lab}_{lan}": address for lan, address in places.items()},
                {LABEL_LAB: self.lab, LABEL_NODE: config.node},
                {**SYSCTLS, "net.ipv4.ip_forward": str(int(config.forward and config.stack == "kernel")), **settings},
            )
        )

    def start(self, node: str) -> None:
        """Start it, and wait until it says that it is ready."""
        before = self.count(node, "node.ready")
        self.engine.start(f"{self.lab}-{node}")
        self.wait(lambda: self.count(node, "node.ready") > before)

    def wait(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 200
        while not condition():
            assert time.monotonic() < until, self.last_words()
            time.sleep(POLL)

    def last_words(self) -> list[str]:
        """Of every node, for who waits in vain."""
        return [line.text for each in containers_of(self.engine, self.lab) for line in self.engine.logs(each.name)]

    def events(self, node: str) -> list[Event]:
        lines = self.engine.logs(f"{self.lab}-{node}")
        return [event for line in lines if (event := Event.parse(line.text)) is not None]

    def count(self, node: str, kind: str) -> int:
        return sum(event.kind == kind for event in self.events(node))

    def run(self, node: str, command: str) -> str:
        """Both outputs of a shell command."""
        program = self.engine.execute(f"{self.lab}-{node}", ["sh", "-c", f"{command} 2>&1"])
        out = b""
        while (piece := program.read(200)) is not None:
            out += piece[1]
        program.close()
        return out.decode()

    def run_each(self, node: str, *commands: str) -> list[str]:
        """Both outputs of each of these, by one program."""
        between = "----"
        said = self.run(node, f"({f'; echo {between}; '.join(commands)})").split(f"{between}\n")
        assert len(said) == len(commands), said
        return said

    def container(self, node: str) -> Container:
        return next(each for each in containers_of(self.engine, self.lab) if each.node == node)

    def ask(self, node: str, question: Question) -> Json:
        answer = ask(self.engine, self.container(node), question, 200)
        assert answer.error is None, answer.error
        return answer.answer

    def reconnect(self, node: str, lan: str, *, by_hand: bool = False) -> None:
        """Disconnect a LAN at the engine, and connect it again with the same address, or `by_hand` with any."""
        ups = self.count(node, "link.up")
        address = self.disconnect(node, lan)
        self.connect(node, lan, "" if by_hand else address)
        self.wait(lambda: self.count(node, "link.up") > ups)

    def disconnect(self, node: str, lan: str) -> str:
        """From a network of the engine's; the address that it was asked for there, if any."""
        container = self.client.containers.get(f"{self.lab}-{node}")
        place = container.attrs["NetworkSettings"]["Networks"][f"{self.lab}_{lan}"]
        self.client.networks.get(f"{self.lab}_{lan}").disconnect(container)
        return str((place["IPAMConfig"] or {}).get("IPv4Address", ""))

    def connect(self, node: str, lan: str, address: str) -> None:
        """The reverse; without an address, with any."""
        network = self.client.networks.get(f"{self.lab}_{lan}")
        network.connect(self.client.containers.get(f"{self.lab}-{node}"), ipv4_address=address or None)


def rows(answer: Json) -> list[Mapping[str, Json]]:
    """Those of a table."""
    assert isinstance(answer, list)
    return [row for row in answer if isinstance(row, Mapping)]
