"""The check `loop`: a ping goes in circles until its TTL runs out, and the sender is told (RFC 792)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.probes import TIME_EXCEEDED
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Lan, Node, Scene

__all__ = ["LoopCheck"]


@dataclass(frozen=True, slots=True)
class LoopCheck(Expectation):
    """A packet from `source` for one of these LANs circles until its TTL runs out; or, not `found`, none does."""

    kind: ClassVar = "loop"
    about: ClassVar = "A packet for a LAN goes in circles until its TTL runs out, and the sender is told; or none does."
    order: ClassVar = 7

    source: Annotated[Node, Key("The node that sends.", "from")]
    to: Annotated[
        tuple[Lan, ...],
        Key("The LANs that it sends to, to addresses there that no node has.", least=1, distinct=True),
    ]
    found: Annotated[bool, Key("Whether a packet goes in circles until its TTL runs out. Without it: yes.")] = True

    def run(self, scene: Scene) -> Finding:
        """Two echo requests to each LAN, for an address there that no node has: only the way matters."""
        said: list[str] = []
        addresses = [scene.unused_address(lan, self.source) for lan in self.to]
        for address in addresses:
            said += scene.ping(self.source, address, number=2, every=0.2).says
        died = [line for line in said if line.endswith(TIME_EXCEEDED)]
        return Finding(
            holds=bool(died) is self.found,
            expected=TIME_EXCEEDED if self.found else "no TTL that runs out",
            seen=(died or said or ["nothing was said"])[0],
            next=f"catenet traceroute {self.source} {addresses[0]}",
        )

    def describe(self) -> str:
        """`h1 to link1 or link2: no loop`."""
        return f"{self.source} to {' or '.join(self.to)}: {'a loop' if self.found else 'no loop'}"
