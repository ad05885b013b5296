"""The check `flooded`: what a router says of itself comes to all others, and over each link once (RFC 2328 section 13).

On a point-to-point link that is: in one direction, or once in each where both ends had it before they heard each other.
On a network with a Designated Router that one sends it once more, if one of the others brought it: those who were not
told yet hear it then (section 13.3 (3), (4)). Whatever is sent again, since no acknowledgement came, is not once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene
from catenet.orchestrator.wire.flooding import lsa_types

__all__ = ["FloodedCheck"]


@dataclass(frozen=True, slots=True)
class FloodedCheck(Expectation):
    """The router says it anew, and every router is captured meanwhile."""

    kind: ClassVar = "flooded"
    about: ClassVar = "What a router says of itself, said anew, comes to all routers, each of which sends it on once."
    alone: ClassVar = True
    order: ClassVar = 8

    router: Annotated[Node, Key("The router that says it.")]
    lsa: Annotated[str, Key("Its type. Without it: of the router's own links.", example="external")] = ""
    once: Annotated[
        bool,
        Key("Whether each sends it once at most on a link, and not back to where it came from. Without it: yes."),
    ] = True

    def __post_init__(self) -> None:
        if self.lsa and self.lsa not in lsa_types():
            raise ValueError(f"lsa {self.lsa!r} is none of {', '.join(lsa_types())}")

    def run(self, scene: Scene) -> Finding:
        """It is said anew, and followed until all have it and have said so."""
        seen = scene.flood(self.router, self.lsa)
        wrong = seen.missing + (seen.more if self.once else ())
        last = max(seen.reached.values(), default=0.0)
        well = f"{len(seen.reached)} others have it, the last after {last * 1000:.1f} ms; {seen.copies} copies"
        return Finding(
            holds=not wrong and bool(seen.reached),
            expected=self._expected(),
            seen="; ".join(wrong) or (well if seen.reached else "there is nobody to tell it"),
            next=f"catenet trace lsa {self.router} {self.lsa}".rstrip(),
        )

    def describe(self) -> str:
        """`a's router LSA: to all, over each link once`."""
        return f"{self.router}'s {self.lsa or 'own'} LSA: {self._expected()}"

    def _expected(self) -> str:
        return "to all, over each link once" if self.once else "to all"
