"""A node as a container: host h1, router r, host h2. The engine gives other addresses than the lab's, on purpose."""

from __future__ import annotations

from collections.abc import Mapping

from nodes_on_engine import POLL, SYSCTLS, NodesOnEngine, rows

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.config import InterfaceConfig, NodeConfig, Stack
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine

__all__ = ["H1", "H2", "OWN", "PING", "POLL", "PREFIXES", "R1", "R2", "RIP", "SYSCTLS", "Small", "rows"]

PREFIXES = {"lan1": Prefix.parse("10.0.1.0/24"), "lan2": Prefix.parse("10.0.2.0/24")}
H1, R1, R2, H2 = (Address.parse(text) for text in ("10.0.1.7", "10.0.1.1", "10.0.2.1", "10.0.2.7"))
RIP: dict[str, Json] = {"update": 2.0, "timeout": 6.0, "garbage": 4.0}
PING, OWN = "ping -c2 -i0.2 -W10 h2", "ip -4 -o address show scope global | awk '{print $4}'"


class Small(NodesOnEngine):
    """The three nodes on the engine."""

    def __init__(self, engine: Engine, lab: str, services: Mapping[str, Mapping[str, Json]], stack: Stack) -> None:
        """`services`, `stack`: of the router."""
        super().__init__(engine, lab)
        self.lans = {lan: self.network(lan) for lan in PREFIXES}
        self._node("h1", {"lan1": H1}, gateway=R1, hosts={"h2": H2})
        self._node("r", {"lan1": R1, "lan2": R2}, forward=True, services=services, stack=stack)
        self._node("h2", {"lan2": H2}, gateway=R2)
        for node in ("h1", "r", "h2"):
            self.start(node)

    def _node(self, name: str, lans: dict[str, Address], **values: object) -> None:
        places = {lan: Address(self.lans[lan].prefix.network + (address & 15)) for lan, address in lans.items()}
        interfaces = tuple(InterfaceConfig(lan, places[lan], lans[lan], 24) for lan in lans)
        config = NodeConfig(self.lab, name, interfaces, events="json", **values)  # type: ignore[arg-type]
        self.create(config, places)

    def pings(self) -> bool:
        return " 2 received" in self.run("h1", PING)
