"""The check `path`: a traceroute passes the expected routers, in order, and arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["PathCheck"]

_SPARE = 3
"""Hops beyond those expected that traceroute looks at, so that a detour is shown and a dead end does not take long."""


@dataclass(frozen=True, slots=True)
class PathCheck(Expectation):
    """A traceroute from `source` to `target` passes these routers, in order."""

    kind: ClassVar = "path"
    about: ClassVar = "A traceroute passes these routers, in order."
    order: ClassVar = 4

    source: Annotated[Node, Key("The node where the path begins.", "from")]
    target: Annotated[Node, Key("The node where it ends.", "to")]
    routers: Annotated[tuple[Node, ...], Key("The routers on the way, in order; [] for none.", example="[a, b]")]

    def run(self, scene: Scene) -> Finding:
        """One probe for each hop."""
        address = scene.address(self.target, self.source)
        hops, why = scene.trace(self.source, address, len(self.routers) + 1 + _SPARE)
        way = [scene.name(hop, self.source) for hop in hops]
        return Finding(
            holds=way == [*self.routers, self.target],
            expected=" ".join((*self.routers, self.target)),
            seen=" ".join(way) or why,
            next=f"catenet traceroute {self.source} {self.target}",
        )

    def describe(self) -> str:
        """`h1 to h4 over a c`."""
        over = f"over {' '.join(self.routers)}" if self.routers else "directly"
        return f"{self.source} to {self.target} {over}"
