"""A test that runs once for each implementation of a service, in an inner run of pytest on the engine in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness_twin import LAB


def test_each_implementation_is_a_run_with_a_copy_of_its_own_one_after_the_other(inner):
    program = inner.pytester.path / "my-web"
    program.touch()
    tests = """
@pytest.fixture(autouse=True)
def one_at_a_time(lab):
    assert lab.engine.copies == {lab.name}
@pytest.mark.implementations("catenet", "./my-web", service="web", node="r")
class TestBoth:
    def test_one(self, lab): print("one with", lab.implementation)
    def test_two(self, lab): print("two with", lab.implementation)
"""
    result = inner.run(tests, "-v", "-k", "catenet")
    result.assert_outcomes(passed=2, deselected=2)
    result.stdout.fnmatch_lines(["*test_one[[]catenet[]] PASSED*", "*test_two[[]catenet[]] PASSED*"])
    collected = inner.run(tests, "--collect-only", "-q").stdout.lines[:4]
    assert [line.rpartition("::")[2] for line in collected] == [
        f"test_{test}[{word}]" for word in ("catenet", "./my-web") for test in ("one", "two")
    ]


@pytest.mark.parametrize(("node", "service", "said"), [("x", "web", "no node 'x'"), ("r", "rip", "no service 'rip'")])
def test_an_implementation_of_what_is_not_there(inner, node, service, said):
    tests = f"@pytest.mark.implementations('catenet', service='{service}', node='{node}')\ndef test_one(lab): pass"
    result = inner.run(tests)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*lab.yaml:*{said}*"])


def test_a_program_that_lies_elsewhere_is_put_into_a_copy_of_the_labs_folder(inner):
    inner.pytester.mkdir("far").joinpath("lab.yaml").write_text(LAB.replace("web: {root: site}", "rip: {}"))
    program = inner.pytester.path / "my-rip"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    tests = """
@pytest.mark.lab("far")
@pytest.mark.implementations("./my-rip", service="rip", node="r")
def test_one(lab):
    folder = lab.model.file.parent
    assert str(lab.model.nodes["r"].implementations["rip"]) == "./implementation/my-rip"
    assert "sleep" in (folder / "implementation" / "my-rip").read_text()
    print("folder", folder)
"""
    result = inner.run(tests, "-s")
    result.assert_outcomes(passed=1)
    (folder,) = (line.partition("folder ")[2] for line in result.outlines if "folder " in line)
    assert not Path(folder).exists()
