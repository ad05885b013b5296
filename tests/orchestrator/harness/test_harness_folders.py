"""What copies of a lab and failures leave on the disk, in an inner run of pytest on the engine in memory."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness_twin import LAB


def test_a_copy_of_a_lab_has_what_the_lab_names_and_nothing_else(inner):
    far = inner.pytester.mkdir("far")
    own = "g: {lans: {link2: 10.0.2.9}, services: {rip: {implementation: ./implementation}}}"
    text = LAB.replace("g: {lans: {link2: 10.0.2.9}}", own)
    far.joinpath("lab.yaml").write_text(text.replace("web: {root: site}", "web: {root: site}, rip: {}"))
    for file in (".git/config", ".venv/x", "secret", "pages/site/index.html", "implementation", "lib/x"):
        far.joinpath(file).parent.mkdir(parents=True, exist_ok=True)
        far.joinpath(file).write_text("#!/bin/sh\n")
        far.joinpath(file).chmod(0o755)
    inner.pytester.path.joinpath("my-rip").write_text("#!/bin/sh\n")
    inner.pytester.path.joinpath("my-rip").chmod(0o755)
    tests = """
@pytest.mark.lab("far")
@pytest.mark.implementations("./my-rip", service="rip", node="r")
def test_one(lab):
    folder = lab.model.file.parent
    assert str(lab.model.nodes["r"].implementations["rip"]) == "./implementation-/my-rip"
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()) == [
        "implementation", "implementation-/my-rip", "lab.yaml", "pages/site/index.html"
    ]
"""
    inner.run(tests).assert_outcomes(passed=1)


def test_what_a_copy_was_put_together_in_goes_with_it_though_another_lab_stays(inner):
    inner.pytester.mkdir("far").joinpath("lab.yaml").write_text(LAB.replace("web: {root: site}", "rip: {}"))
    inner.pytester.path.joinpath("my-rip").write_text("#!/bin/sh\n")
    inner.pytester.path.joinpath("my-rip").chmod(0o755)
    tests = """
def test_stays(lab): pass
@pytest.mark.lab("far")
@pytest.mark.implementations("./my-rip", service="rip", node="r")
def test_one(lab): print("folder", lab.model.file.parent)
"""
    for option, stays in (("--lab-reuse", False), ("--lab-keep", True)):
        result = inner.run(tests, "-s", option)
        result.assert_outcomes(passed=2)
        (folder,) = (line.partition("folder ")[2] for line in result.outlines if "folder " in line)
        assert Path(folder).exists() is stays
    shutil.rmtree(Path(folder).parent)


def test_a_failure_after_one_that_was_wanted_shows_its_own_evidence(inner):
    tests = """
def test_one(lab):
    with pytest.raises(ZeroDivisionError), lab.cut("link1"):
        raise ZeroDivisionError("wanted")
    raise ValueError("real")
"""
    result = inner.run(tests)
    result.assert_outcomes(failed=1)
    (line,) = (line for line in result.outlines if line.startswith("evidence"))
    assert "ValueError: real" in (Path(line.split()[1]) / "error.txt").read_text()
