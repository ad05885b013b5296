"""What became of a check."""

from __future__ import annotations

from dataclasses import dataclass

from catenet.nodes.control.printable import printable
from catenet.nodes.machine import Json
from catenet.orchestrator.checks.expectation import Finding
from catenet.orchestrator.lab.model import Check

__all__ = ["Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """A check and its last finding. `took`: seconds, waiting included."""

    check: Check
    finding: Finding
    took: float

    @property
    def passed(self) -> bool:
        """Whether it held in the end."""
        return self.finding.holds

    @property
    def what(self) -> str:
        return self.check.expectation.describe()

    def lines(self) -> list[str]:
        """What was expected beside what was seen, and what to type next."""
        return [
            f"{self.check.claim or 'check'}: {self.what}",
            f"  expected  {self.finding.expected}",
            f"  seen      {printable(self.finding.seen)}",
            f"  next      {self.finding.next}",
        ]

    def to_json(self) -> dict[str, Json]:
        return {
            "claim": self.check.claim,
            "what": self.what,
            "passed": self.passed,
            "expected": self.finding.expected,
            "seen": self.finding.seen,
            "next": "" if self.passed else self.finding.next,
            **({"table": [*self.finding.table]} if self.finding.table else {}),
            "ms": round(self.took * 1000, 1),
            "line": self.check.line,
        }
