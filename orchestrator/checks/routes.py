"""The check `routes`: by which LAN the kernel's table sends packets, and at what cost the routing protocol says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeVar

from catenet.nodes.control.answers import KernelRoute, RoutingTable, kernel_routes
from catenet.nodes.control.fields import AnswerError
from catenet.nodes.machine import Json
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Lan, Name, NoAnswerError, Node, Scene

__all__ = ["FURTHEST", "RoutesCheck"]

Value = TypeVar("Value")

FURTHEST = 0xFFFFFF
"""The highest cost that a check may name: OSPF's LSInfinity (RFC 2328 appendix B)."""
_OWN = "its own LAN"


@dataclass(frozen=True, slots=True)
class RoutesCheck(Expectation):
    """At router `at`, packets for LAN `to` leave by none but the LANs `via`, at that cost in links (0: it is its own).

    Empty, or None: any will do.
    """

    kind: ClassVar = "routes"
    about: ClassVar = "A router's route to a LAN, as its kernel has it."
    one_of: ClassVar = ("via", "cost")
    order: ClassVar = 1

    at: Annotated[Node, Key("The router whose table is meant.")]
    to: Annotated[Lan, Key("The LAN that is to be reached.", example="link1")]
    via: Annotated[
        tuple[Annotated[str, Name("LAN", of="at")], ...],
        Key("The LAN by which packets leave, or several: then by each of them, or by some. Without it, any.", least=1),
    ] = ()
    cost: Annotated[
        int | None,
        Key(
            "The cost of the way to that LAN; with the default costs, the links between routers on it: the metric of "
            "RIP or OSPF − 1; 0 for a LAN of its own. Without it, any.",
            bounds=(0, FURTHEST),
            example="2",
        ),
    ] = None

    def run(self, scene: Scene) -> Finding:
        """Looks at the kernel's table and, where a cost is expected, for a way over others at its protocol's."""
        table = self._table(scene, "routes", kernel_routes)
        rows = [route for route in table if scene.leads_to(route.prefix, self.to, self.at)]
        kernel = next(iter(rows), None)
        expected = self._expected()
        then = f"catenet trace route {self.at} {self.to}"
        if kernel is None:
            return Finding(False, expected, f"no route to {self.to} ({scene.prefix(self.to)})", then)
        lans = list(dict.fromkeys(row.lan for row in rows if row.metric == kernel.metric))
        fits = not self.via or set(lans) <= set(self.via)
        seen = f"via {' and '.join(lans)}"
        if kernel.via is None:
            return Finding(fits and self.cost in (None, 0), expected, _OWN, then)
        if self.cost is None:
            return Finding(fits, expected, seen, then)
        service = _protocol(kernel, scene.routing(self.at))
        known = self._table(scene, service, RoutingTable.parse).routes if service else ()
        cost = next((route.cost for route in known if route.prefix == kernel.prefix), None)
        return Finding(
            fits and cost == self.cost, expected, f"{seen}, cost {'unknown' if cost is None else cost}", then
        )

    def _table(self, scene: Scene, what: str, parse: Callable[[Json], Value]) -> Value:
        try:
            return parse(scene.show(self.at, what))
        except AnswerError as error:
            raise NoAnswerError(f"{self.at} does not say which routes it has: {error}") from None

    def describe(self) -> str:
        """`a to lan-c: via link1, cost 2`."""
        return f"{self.at} to {self.to}: {self._expected()}"

    def _expected(self) -> str:
        if self.cost == 0 and not self.via:
            return _OWN
        via = [f"via {' or '.join(self.via)}"] if self.via else []
        return ", ".join([*via, *([] if self.cost is None else [f"cost {self.cost}"])])


def _protocol(kernel: KernelRoute, services: Sequence[str]) -> str:
    """Which of the router's services has brought the route; empty where it runs none. A program's route may bear the
    program's own name: then the nearest service.
    """
    return kernel.source if kernel.source in services else next(iter(services), "")
