"""The check `source_route`: a packet that says itself by which routers it is to go takes that way, or is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.probes import MOST_VIAS, TIME_EXCEEDED, Probes, probes
from catenet.nodes.control.strict_json import read_json
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, NoAnswerError, Node, Scene

__all__ = ["SourceRouteCheck"]

_DEADLINE = 60.0
_CODES = (0, 1)


@dataclass(frozen=True, slots=True)
class SourceRouteCheck(Expectation):
    """Packets from `source` that name the routers `via` pass these `routers`, in order, and arrive or do not."""

    kind: ClassVar = "source_route"
    about: ClassVar = "Packets that name the routers on their way pass these, in order, and arrive."
    order: ClassVar = 4

    source: Annotated[Node, Key("The node where the path begins.", "from", runs="source-route")]
    target: Annotated[Node, Key("The node where it is to end.", "to")]
    via: Annotated[tuple[Node, ...], Key("The routers that the packet names, in order.", least=1, example="[d, f]")]
    routers: Annotated[tuple[Node, ...], Key("The routers that it passes, in order.", example="[a, d, f, c]")]
    strict: Annotated[bool, Key("By no others than those named.")] = False
    arrives: Annotated[bool, Key("Whether it arrives. If not, it is lost after those routers.")] = True

    def __post_init__(self) -> None:
        if len(self.via) > MOST_VIAS:
            raise ValueError(f"`via` has {len(self.via)} routers, and a source route has room for {MOST_VIAS}")

    def run(self, scene: Scene) -> Finding:
        """One probe for each hop, by the program `source-route`."""
        *vias, address = map(str, scene.stops(self.source, self.via, self.target))
        options = [word for via in vias for word in ("--via", via)] + ["--strict"] * self.strict
        done = scene.run(self.source, ["source-route", address, *options, "--json"], _DEADLINE, _CODES)
        try:
            found = probes(read_json(done.stdout))
        except (AnswerError, ValueError) as error:
            raise NoAnswerError(f"source-route at {self.source} said what cannot be read: {error}") from None
        way = _way(found, self.target, lambda address: scene.name(address, self.source))
        strictly = " --strict" if self.strict else ""
        return Finding(
            holds=found.arrived == self.arrives and way == [*self.routers, *([self.target] if self.arrives else ())],
            expected=" ".join((*self.routers, self.target if self.arrives else "and no further")),
            seen=_seen(found, way),
            next=f"catenet source-route {self.source} {self.target} via {' '.join(self.via)}{strictly}",
        )

    def describe(self) -> str:
        """`h1 to h2 by source route d f`; `h1 to h2 by source route e, dropped`."""
        kind = "strict source route" if self.strict else "source route"
        dropped = "" if self.arrives else ", dropped"
        return f"{self.source} to {self.target} by {kind} {' '.join(self.via)}{dropped}"


def _way(found: Probes, target: str, name: Callable[[str], str]) -> list[str]:
    """Who let it pass, and the target where it arrived; `*` for who is silent while others after it are not."""
    passed = [hop for hop in found.hops if hop.says in ("", TIME_EXCEEDED)]
    way = [name(hop.address) if hop.address else "*" for hop in passed] + [target] * found.arrived
    while way and way[-1] == "*":
        way.pop()
    return way


def _seen(found: Probes, way: list[str]) -> str:
    """Who answered, and what the last one said where it is no arrival."""
    last = next((hop for hop in reversed(found.hops) if hop.address is not None), None)
    if found.error:
        return f"nothing was sent: {found.error}"
    if found.arrived or last is None or last.says == TIME_EXCEEDED:
        return " ".join(way if found.arrived else (*way, "and no further"))
    return f"{' '.join(way)}: {last.says}"
