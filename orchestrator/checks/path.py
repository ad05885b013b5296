"""The check `path`: an unmodified traceroute passes the expected routers, in order, and arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["PathCheck", "read_traceroute"]

_DEADLINE = 30.0
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
        address = str(scene.address(self.target, self.source))
        hops = str(len(self.routers) + 1 + _SPARE)
        command = ["traceroute", "-n", "-q", "1", "-w", "1", "-m", hops, address]
        done = scene.run(self.source, command, _DEADLINE)
        way = [scene.name(hop, self.source) for hop in read_traceroute(done.stdout)]
        return Finding(
            holds=way == [*self.routers, self.target],
            expected=" ".join((*self.routers, self.target)),
            seen=" ".join(way) or done.last_words,
            next=f"catenet exec {self.source} traceroute -n {address}",
        )

    def describe(self) -> str:
        """`h1 to h4 over a c`."""
        over = f"over {' '.join(self.routers)}" if self.routers else "directly"
        return f"{self.source} to {self.target} {over}"


def read_traceroute(text: str) -> list[str]:
    """The address of each hop in the output of `traceroute -n -q 1`; `*` for a silent one, without those at the end."""
    hops = [words[1] for line in text.splitlines() if len(words := line.split()) > 1 and words[0].isdigit()]
    while hops and hops[-1] == "*":
        hops.pop()
    return hops
