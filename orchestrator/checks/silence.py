"""The check `silence`: how long nothing was heard in a call, at the longest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.nodes.control.units import Duration, format_duration
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene

__all__ = ["SilenceCheck"]


@dataclass(frozen=True, slots=True)
class SilenceCheck(Expectation):
    """At `at`, in the call that there is or was last."""

    kind: ClassVar = "silence"
    about: ClassVar = "The longest gap in what was heard in a call is no longer than this, and it is over."
    order: ClassVar = 9

    at: Annotated[Node, Key("The node whose telephone hears it.")]
    most: Annotated[Duration, Key("The longest that it may be.", example="2s")]

    def run(self, scene: Scene) -> Finding:
        """Of a call that has just fallen silent nobody knows yet how long it will be."""
        call = scene.call(self.at)
        known = bool(call.received) and call.state in ("up", "ended")
        gap = f"{call.longest_silence:.2f} s, {call.state}"
        return Finding(
            holds=known and call.longest_silence <= self.most,
            expected=f"at most {format_duration(self.most)}",
            seen=f"{gap} ({call.why})" if call.why else gap,
            next=f"catenet events {self.at}",
        )

    def describe(self) -> str:
        """`bob hears no gap longer than 2s`."""
        return f"{self.at} hears no gap longer than {format_duration(self.most)}"
