"""The check `hop_by_hop`: a packet goes from router to router, and each changes of it only what a router may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["HopByHopCheck"]


@dataclass(frozen=True, slots=True)
class HopByHopCheck(Expectation):
    """An echo request from `source` to `target` passes these routers, in order; each sends it on in a frame of its own,
    with a TTL that is one less and a header checksum that is right, and all else as it was (RFC 791; RFC 1812, 5.3.1).
    """

    kind: ClassVar = "hop_by_hop"
    about: ClassVar = (
        "A packet passes these routers, and each changes only hardware addresses, TTL and header checksum."
    )
    alone: ClassVar = True
    order: ClassVar = 6

    source: Annotated[Node, Key("The node that sends.", "from")]
    target: Annotated[Node, Key("The node to which it sends.", "to")]
    routers: Annotated[tuple[Node, ...], Key("The routers on the way, in order; [] for none.", example="[a, b]")]

    def run(self, scene: Scene) -> Finding:
        """One packet, captured at each end of each LAN, there and back."""
        seen = scene.packet(self.source, self.target, "icmp")
        way = list(dict.fromkeys(frame.source for frame in seen.frames))
        wanted = [self.source, *self.routers]
        words = " ".join([*way, *([self.target] if seen.arrived else ["and no further"])])
        return Finding(
            holds=seen.arrived and way == wanted and not seen.faults,
            expected=" ".join([*wanted, self.target]),
            seen="; ".join([words, *seen.faults]),
            next=f"catenet trace packet {self.source} {self.target}",
        )

    def describe(self) -> str:
        """`h1 to h2 over a b, hop by hop`."""
        over = f"over {' '.join(self.routers)}" if self.routers else "directly"
        return f"{self.source} to {self.target} {over}, hop by hop"
