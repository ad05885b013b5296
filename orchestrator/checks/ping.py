"""The check `ping`: an unmodified ping is answered, or is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import PING_CODES, Expectation, Finding, Key, Node, Scene

__all__ = ["PingCheck"]

_DEADLINE = 30.0


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
        address = str(scene.address(self.target, self.source))
        command = ["ping", "-n", "-q", "-c", "3", "-i", "0.1", "-W", "1", address]
        done = scene.run(self.source, command, _DEADLINE, PING_CODES)
        received = next((line for line in done.stdout.splitlines() if "packets transmitted" in line), done.last_words)
        return Finding(
            holds=(done.returncode == 0) is self.answered,
            expected="an answer" if self.answered else "no answer",
            seen=received,
            next=f"catenet exec {self.source} traceroute -n {address}",
        )

    def describe(self) -> str:
        """`h1 pings h4, in vain`."""
        return f"{self.source} pings {self.target}{'' if self.answered else ', in vain'}"
