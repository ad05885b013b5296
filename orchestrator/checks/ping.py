"""The check `ping`: echo requests are answered, or are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["PingCheck"]


@dataclass(frozen=True, slots=True)
class PingCheck(Expectation):
    """`source` pings `target`, and is answered (or, with `answered` false, is not)."""

    kind: ClassVar = "ping"
    about: ClassVar = "A ping is answered, or is not."
    order: ClassVar = 5

    source: Annotated[Node, Key("The node that pings.", "from")]
    target: Annotated[Node, Key("The node that is pinged.", "to")]
    answered: Annotated[bool, Key("Whether an answer comes. Without it: yes.")] = True

    def run(self, scene: Scene) -> Finding:
        """Three echo requests; one answer is enough."""
        found = scene.ping(self.source, scene.address(self.target, self.source))
        return Finding(
            holds=(found.received > 0) is self.answered,
            expected="an answer" if self.answered else "no answer",
            seen="; ".join((*([f"{found.received} of {found.sent} answered"] if found.sent else []), *found.says)),
            next=f"catenet traceroute {self.source} {self.target}",
        )

    def describe(self) -> str:
        """`h1 pings h4, in vain`."""
        return f"{self.source} pings {self.target}{'' if self.answered else ', in vain'}"
