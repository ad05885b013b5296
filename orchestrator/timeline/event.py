"""What happens while a timeline is played."""

from __future__ import annotations

from dataclasses import dataclass

from catenet.nodes.machine import Json
from catenet.orchestrator.operations import Result
from catenet.orchestrator.timeline.measure import Measured

__all__ = ["TimelineEvent"]


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something in the history of a play. `at`: seconds after its start; `result`: of what was expected, else None.

    `measured`: a row of the table at its end.
    """

    at: float
    verb: str
    text: str
    result: Result | None = None
    measured: Measured | None = None

    @property
    def held(self) -> bool | None:
        """Whether the expectation held; None where nothing was expected."""
        return None if self.result is None else self.result.passed

    @property
    def line(self) -> str:
        return f"{self.at:7.2f} s  {self.verb:<7} {self.text}"

    def to_json(self) -> dict[str, Json]:
        said: dict[str, Json] = {"at": round(self.at, 3), "verb": self.verb, "text": self.text, "held": self.held}
        return said if self.measured is None else {**said, "measured": self.measured.to_json()}
