"""The check `reaches`: one node pings others, and each of them answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["ReachesCheck"]


@dataclass(frozen=True, slots=True)
class ReachesCheck(Expectation):
    """`source` reaches each of `targets`."""

    kind: ClassVar = "reaches"
    about: ClassVar = "One node reaches others."

    source: Annotated[Node, Key("The node that pings.", "from")]
    targets: Annotated[tuple[Node, ...], Key("Those that are pinged.", "to", least=1, distinct=True)]
    tries: Annotated[int, Key("Echo requests to each. Without it: 1.", bounds=(1, 9))] = 1

    def __post_init__(self) -> None:
        if self.source in self.targets:
            raise ValueError(f"{self.source} reaches itself without a network")

    def run(self, scene: Scene) -> Finding:
        """Ping them one after the other."""
        pings = {each: scene.ping(self.source, scene.address(each, self.source), self.tries) for each in self.targets}
        lost = [each for each, found in pings.items() if not found.received]
        seen = f"no answer of {', '.join(lost)}" if lost else "all answer"
        return Finding(not lost, "all answer", seen, f"catenet ping {self.source} {self.targets[0]}")

    def describe(self) -> str:
        """`h1 reaches h2, h3`."""
        return f"{self.source} reaches {', '.join(self.targets)}"
