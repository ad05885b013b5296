"""A node as a container: host h1, router r, host h2. The engine gives other addresses than the lab's, on purpose."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import docker
from on_engine import free_prefix

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import CONFIG_VARIABLE, InterfaceConfig, NodeConfig, Stack
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

PREFIXES = {"lan1": Prefix.parse("10.0.1.0/24"), "lan2": Prefix.parse("10.0.2.0/24")}
H1, R1, R2, H2 = (Address.parse(text) for text in ("10.0.1.7", "10.0.1.1", "10.0.2.1", "10.0.2.7"))
POLL = 0.05
"""Seconds between two looks: each costs the engine more than that which is waited for costs the node."""
RIP: dict[str, Json] = {"update": 2.0, "timeout": 6.0, "garbage": 4.0}
PING, OWN = "ping -c2 -i0.2 -W10 h2", "ip -4 -o address show scope global | awk '{print $4}'"
SYSCTLS = {
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
}


class Small:
    """The three nodes on the engine."""

    def __init__(self, engine: Engine, lab: str, services: Mapping[str, Mapping[str, Json]], stack: Stack) -> None:
        """`services`, `stack`: of the router."""
        self.engine = engine
        self.lab = lab
        self.image = ensure_node_image(engine, NoProgress())
        self.client = docker.from_env()
        self.lans = {lan: self._network(lan) for lan in PREFIXES}
        self._node("h1", {"lan1": H1}, gateway=R1, hosts={"h2": H2})
        self._node("r", {"lan1": R1, "lan2": R2}, forward=True, services=services, stack=stack)
        self._node("h2", {"lan2": H2}, gateway=R2)
        for node in ("h1", "r", "h2"):
            self.start(node)

    def _network(self, lan: str) -> NetworkSpec:
        prefix = free_prefix(self.engine)
        spec = NetworkSpec(f"{self.lab}_{lan}", prefix, Address(prefix.broadcast - 1), {LABEL_LAB: self.lab})
        self.engine.create_network(spec)
        return spec

    def _node(self, name: str, lans: dict[str, Address], **values: object) -> None:
        places = {lan: Address(self.lans[lan].prefix.network + (address & 15)) for lan, address in lans.items()}
        interfaces = tuple(InterfaceConfig(lan, places[lan], lans[lan], 24) for lan in lans)
        config = NodeConfig(self.lab, name, interfaces, events="json", **values)  # type: ignore[arg-type]
        self.engine.create(
            ContainerSpec(
                f"{self.lab}-{name}",
                name,
                self.image,
                {CONFIG_VARIABLE: config.to_json()},
                {f"{self.lab}_{lan}": address for lan, address in places.items()},
                {LABEL_LAB: self.lab, LABEL_NODE: name},
                {**SYSCTLS, "net.ipv4.ip_forward": str(int(config.forward and config.stack == "kernel"))},
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
            assert time.monotonic() < until, [line.text for line in self.engine.logs(f"{self.lab}-r")]
            time.sleep(POLL)

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
        assert answer.error is None
        return answer.answer

    def reconnect(self, node: str, lan: str, *, by_hand: bool = False) -> None:
        """Disconnect a LAN at the engine, and connect it again with the same address, or `by_hand` with any."""
        network = self.client.networks.get(f"{self.lab}_{lan}")
        container = self.client.containers.get(f"{self.lab}-{node}")
        place = container.attrs["NetworkSettings"]["Networks"][f"{self.lab}_{lan}"]
        address = None if by_hand else place["IPAMConfig"]["IPv4Address"]
        ups = self.count(node, "link.up")
        network.disconnect(container)
        network.connect(container, ipv4_address=address)
        self.wait(lambda: self.count(node, "link.up") > ups)

    def pings(self) -> bool:
        return " 2 received" in self.run("h1", PING)


def rows(answer: Json) -> list[Mapping[str, Json]]:
    """Those of a table."""
    assert isinstance(answer, list)
    return [row for row in answer if isinstance(row, Mapping)]
