"""Packets of flooding as a test wants them: who sent what where, and who heard it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.control.flooding import Instance, Key, Said, Says
from catenet.nodes.internet.ospf.packet import ALL_DESIGNATED, ALL_ROUTERS
from catenet.nodes.internet.ospf.seen import FLOODING
from catenet.orchestrator.trace.flood import Flood, Followed, Told
from catenet.orchestrator.trace.lsa_steps import find_flood
from catenet.orchestrator.wire.flooding import FloodPacket

AREA = "0.0.0.0"
LATENCY = 0.0001
"""Seconds from one end of a LAN to the other."""


class FloodLab:
    """LANs with their routers, `{"link1": "a b"}`; `elected`: LAN → designated router and backup. Everybody has just
    said Hello. The LSA is that of the router `a`; times count from its origination, at 1000 s."""

    def __init__(self, lans: Mapping[str, str], elected: Mapping[str, str] | None = None) -> None:
        self.lans = {lan: nodes.split() for lan, nodes in lans.items()}
        self.elected = {lan: nodes.split() for lan, nodes in (elected or {}).items()}
        self.packets: list[FloodPacket] = []
        self.told: dict[str, Told] = {}
        for lan, nodes in self.lans.items():
            dr, backup = (self.address(lan, node) for node in self.elected.get(lan, ["", ""]))
            for node in nodes:
                self._say(-500, (lan, node, ""), says=Says.HELLO, elected=(dr, backup), takes_all=True)

    def address(self, lan: str, node: str) -> Address | None:
        if not node:
            return None
        return Address.parse(f"10.0.{sorted(self.lans).index(lan)}.{self.lans[lan].index(node) + 1}")

    def update(
        self, at: float, lan: str, node: str, to: str = "", *, sequence: int = 7, age: int = 1, lost: str = ""
    ) -> None:
        """A Link State Update, in ms. `to`: a node, `DR`, or all; `lost`: who does not hear it."""
        self._say(at, (lan, node, to), lost, says=Says.UPDATE, instances=(self.instance(sequence, age),))

    def acknowledge(self, at: float, lan: str, node: str, to: str = "", *, sequence: int = 7, lost: str = "") -> None:
        self._say(at, (lan, node, to), lost, says=Says.ACKNOWLEDGEMENT, instances=(self.instance(sequence, 1),))

    def request(self, at: float, lan: str, node: str, to: str) -> None:
        self._say(at, (lan, node, to), says=Says.REQUEST, keys=(self.instance(0, 0).key,))

    def tell(self, node: str, source: str, lan: str, at: float) -> None:
        """A router of ours tells from whom it took it."""
        self.told[node] = Told(source, lan, 1000 + at / 1000)

    def flood(self, sequence: int = 7) -> Flood:
        packets = sorted(self.packets, key=lambda each: each.at)
        nodes = frozenset(node for nodes in self.lans.values() for node in nodes)
        owners = {
            (lan, address): node
            for lan, nodes in self.lans.items()
            for node in nodes
            if (address := self.address(lan, node)) is not None
        }
        followed = Followed(self.instance(sequence, 1), AREA, "a", 1000.0, self.told, nodes)
        return find_flood(packets, followed, FLOODING, owners)

    @staticmethod
    def instance(sequence: int, age: int) -> Instance:
        return Instance(Key("router", "1.1.1.1", "1.1.1.1"), sequence, 0, age, flushed=False)

    def _to(self, lan: str, to: str) -> Address:
        if to == "DR":
            return ALL_DESIGNATED
        return self.address(lan, to) or ALL_ROUTERS

    def _say(self, ms: float, way: tuple[str, str, str], lost: str = "", **said: Any) -> None:
        """`way`: the LAN, who says it, to whom."""
        lan, node, to = way
        at, destination = 1000 + ms / 1000, self._to(lan, to)
        there = [each for each in self.lans[lan] if each != node and each not in lost.split()]
        if destination not in FLOODING.groups:
            there = [each for each in there if self.address(lan, each) == destination]
        heard = dict.fromkeys(there, at + LATENCY)
        packet = Said(router=node, area=AREA, **said)
        self.packets.append(FloodPacket(at, lan, node, destination, packet, heard))
