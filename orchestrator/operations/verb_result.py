"""What a verb of break and mend did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from catenet.nodes.machine import Json
from catenet.orchestrator.faults.verb import Outcome

__all__ = ["Stopwatch", "VerbResult"]


@dataclass(frozen=True, slots=True)
class VerbResult:
    """`at`: when it began, in seconds since 1970; `took`: seconds; `outcome`: what became of the target."""

    verb: str
    target: str
    at: float
    took: float
    outcome: Outcome

    @property
    def changed(self) -> bool:
        """False where it was so already."""
        return self.outcome.changed

    @property
    def words(self) -> str:
        """What happened, with the target's name."""
        return f"{self.target} {self.outcome.words}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What did not happen and why, a line each."""
        return self.outcome.remarks

    def as_json(self) -> Mapping[str, Json]:
        return {
            "verb": self.verb,
            "target": self.target,
            "at": round(self.at, 3),
            "took": round(self.took, 3),
            "changed": self.changed,
            "words": self.words,
            "remarks": list(self.remarks),
        }


class Stopwatch:
    """Runs from the moment it is made until `done`."""

    def __init__(self, verb: str, target: str) -> None:
        self._verb, self._target = verb, target
        self._at, self._start = time.time(), time.monotonic()

    def done(self, outcome: Outcome) -> VerbResult:
        return VerbResult(self._verb, self._target, self._at, time.monotonic() - self._start, outcome)
