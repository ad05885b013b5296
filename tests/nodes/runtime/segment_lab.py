"""Hosts h1 and h3 and router r on one segment, r and host h2 on another one, with two addresses and a smaller MTU."""

from __future__ import annotations

from collections.abc import Mapping

from nodes_on_engine import NodesOnEngine

from catenet.nodes.address import Address
from catenet.nodes.control.config import InterfaceConfig, NodeConfig, Stack
from catenet.nodes.control.segment import OVERHEAD, Segment, Underlay
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import Engine

UNDERLAY = "_underlay"
ADDRESSES = {
    "lan1": {"h1": "10.0.1.7", "r": "10.0.1.1", "h3": "10.0.1.8"},
    "link2": {"r": "10.0.2.0", "h2": "10.0.2.1"},
}
LENGTHS, IDS, MTUS = {"lan1": 24, "link2": 31}, {"lan1": 4711, "link2": 4712}, {"lan1": 1500, "link2": 1400}
PLACES = {"h1": 2, "r": 3, "h2": 4, "h3": 5}
"""Where in the underlay each node is."""
NAMES = {Address.parse(address): node for lan in ADDRESSES.values() for node, address in lan.items()}


class SegmentedNodes(NodesOnEngine):
    """The four nodes on the engine."""

    def __init__(self, engine: Engine, lab: str, services: Mapping[str, Mapping[str, Json]], stack: Stack) -> None:
        """`services`, `stack`: of the router."""
        super().__init__(engine, lab)
        self.stack = stack
        self.underlay = self.network(UNDERLAY, max(MTUS.values()) + OVERHEAD)
        near, far = (Address.parse(ADDRESSES[lan]["r"]) for lan in ADDRESSES)
        self._node("h1", gateway=near)
        self._node("r", forward=True, services=services, stack=stack)
        self._node("h2", gateway=far)
        self._node("h3", gateway=near)
        for node in PLACES:
            self.start(node)

    def place(self, node: str) -> Address:
        return Address(self.underlay.prefix.network + PLACES[node])

    def _node(self, name: str, **values: object) -> None:
        interfaces = tuple(
            InterfaceConfig(
                lan,
                None,
                Address.parse(on[name]),
                LENGTHS[lan],
                segment=Segment(IDS[lan], MTUS[lan], tuple(self.place(each) for each in on if each != name)),
            )
            for lan, on in ADDRESSES.items()
            if name in on
        )
        config = NodeConfig(
            self.lab,
            name,
            interfaces,
            names=NAMES,
            events="json",
            underlay=Underlay(self.place(name), self.underlay.prefix.length),
            **values,  # type: ignore[arg-type]
        )
        deaf = {"net.ipv4.conf.default.arp_ignore": "8", "net.ipv4.icmp_echo_ignore_all": "1"}
        self.create(config, {UNDERLAY: self.place(name)}, deaf if config.stack == "userspace" else {})

    def pings(self, node: str = "h1", target: str = "10.0.2.1", *options: str) -> bool:
        return " 2 received" in self.run(node, f"ping -c2 -i0.2 -W2 {' '.join(options)} {target}")
