"""Results of checks as JUnit XML, as CI systems read it: GitLab, Jenkins (its junit-10.xsd), GitHub's reporters.

One testcase a check: `classname` the lab, `time` in seconds, the claim a property, what was expected and seen the text
of its failure, where the evidence lies its `system-out`. That a lab did not start, or a check could not be made, is one
testcase with an error.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from catenet.orchestrator.operations import Result

__all__ = ["Report"]

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # XML 1.0 section 2.2


@dataclass
class Report:
    """What became of one lab's checks. `results`: (name, result); `error`: why there are no more, else empty."""

    lab: str
    results: list[tuple[str, Result]] = field(default_factory=list)
    evidence: str = ""
    error: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _start: float = field(default_factory=time.monotonic)

    def write(self, file: Path) -> None:
        """As a file.

        Raises:
            OSError: it cannot be written.

        """
        tree = ElementTree.ElementTree(self._suites())
        ElementTree.indent(tree)
        tree.write(file, encoding="utf-8", xml_declaration=True)

    def _suites(self) -> ElementTree.Element:
        failures = sum(not result.passed for _, result in self.results)
        counts = {
            "tests": str(len(self.results) + bool(self.error)),
            "failures": str(failures),
            "errors": str(int(bool(self.error))),
            "skipped": "0",
            "time": f"{time.monotonic() - self._start:.3f}",
        }
        suites = ElementTree.Element("testsuites", {"name": "catenet", **counts})
        began = self.began.strftime("%Y-%m-%dT%H:%M:%S")
        suite = ElementTree.SubElement(suites, "testsuite", {"name": self.lab, "timestamp": began, **counts})
        for name, result in self.results:
            self._case(suite, name, result)
        if self.error:
            case = ElementTree.SubElement(suite, "testcase", {"classname": self.lab, "name": "up", "time": "0.000"})
            first = _clean(self.error).partition("\n")[0]
            ElementTree.SubElement(case, "error", {"message": first, "type": "up"}).text = _clean(self.error)
            self._out(case)
        return suites

    def _case(self, suite: ElementTree.Element, name: str, result: Result) -> None:
        attributes = {"classname": self.lab, "name": _clean(name), "time": f"{result.took:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", attributes)
        if result.check.claim:
            properties = ElementTree.SubElement(case, "properties")
            ElementTree.SubElement(properties, "property", {"name": "claim", "value": result.check.claim})
        if not result.passed:
            message = f"expected {result.finding.expected}, seen {result.finding.seen}"
            failure = ElementTree.SubElement(case, "failure", {"message": _clean(message), "type": "check"})
            failure.text = _clean("\n".join(result.lines()))
            self._out(case)

    def _out(self, case: ElementTree.Element) -> None:
        if self.evidence:
            ElementTree.SubElement(case, "system-out").text = _clean(self.evidence)


def _clean(text: str) -> str:
    """What XML may hold: a program's output may have more."""
    return _FORBIDDEN.sub("?", text)
