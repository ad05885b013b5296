from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest
from harness_twin import CONFTEST, LAB, Twin, engines

from catenet.orchestrator.checks import kinds

# They are found once. An inner run of pytest forgets the modules that it is the first to import, and a kind whose
# module is forgotten has annotations that say nothing.
kinds()


class Inner:
    """An inner run of pytest, in a folder with a lab.yaml, on an engine in memory."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.engine = Twin()
        pytester.makefile(".yaml", lab=LAB)
        (pytester.path / "pages" / "site").mkdir(parents=True)
        pytester.makeconftest(CONFTEST)
        engines.append(self.engine)

    def run(self, tests: str, *options: str, **how: Any) -> pytest.RunResult:
        self.pytester.makepyfile(test_inner=f"import pytest\n{tests}")
        quiet = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
        return self.pytester.runpytest_inprocess(*quiet, *options, **how)

    def claims(self) -> dict[str, list[str]]:
        """Test → the claims that JUnit's file has of it, after a run with --junitxml=report.xml."""
        cases = {str(case.get("name")): case for case in ET.parse(self.pytester.path / "report.xml").iter("testcase")}
        return {
            name: [str(each.get("value")) for each in case.iter("property") if each.get("name") == "claim"]
            for name, case in cases.items()
        }


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Inner:
    monkeypatch.setenv("BASE_IMAGE", "any")  # the twin builds the node image at once, and needs no base
    return Inner(pytester)
