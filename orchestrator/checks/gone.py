"""The check `gone`: no router has a route to the LAN any more, as their kernels have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.answers import kernel_routes
from catenet.nodes.control.fields import AnswerError
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Lan, NoAnswerError, Node, Scene

__all__ = ["GoneCheck"]


@dataclass(frozen=True, slots=True)
class GoneCheck(Expectation):
    """None of these routers has a route to any of these LANs."""

    kind: ClassVar = "gone"
    about: ClassVar = "Routers have no route to a LAN any more, in their kernels."
    order: ClassVar = 6

    at: Annotated[tuple[Node, ...], Key("The routers whose tables are meant.", least=1, distinct=True)]
    to: Annotated[tuple[Lan, ...], Key("The LANs that none of them has a route to.", least=1, distinct=True)]

    def run(self, scene: Scene) -> Finding:
        """Looks at the kernels' tables."""
        seen: list[tuple[str, str]] = []  # router, and what it has, in words
        for router in self.at:
            try:
                routes = kernel_routes(scene.show(router, "routes"))
            except AnswerError as error:  # no table is not an empty one
                raise NoAnswerError(f"{router} does not say which routes it has: {error}") from None
            kept = [(route, lan) for route in routes for lan in self.to if scene.leads_to(route.prefix, lan, router)]
            seen += [(router, f"{router} to {lan} via {route.lan}") for route, lan in kept]
        where = seen[0][0] if seen else self.at[0]
        said = "; ".join(words for _, words in seen)
        return Finding(not seen, "no route", said or "no route", f"catenet show {where} routes")

    def describe(self) -> str:
        """`link1 link2 gone at a b`."""
        return f"{' '.join(self.to)} gone at {' '.join(self.at)}"
