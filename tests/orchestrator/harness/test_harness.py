"""The plugin in an inner run of pytest, on the engine in memory."""

from __future__ import annotations

import subprocess
import sys

from harness_twin import CONFTEST

from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.deploy.locks import OwnershipLock

CLAIM = """
import sys
from catenet.orchestrator.deploy.locks import OwnershipLock
mine = OwnershipLock(sys.argv[1])
print(flush=True)
sys.stdin.read()
"""
ONE = "def test_one(lab): lab.check()"


def test_a_lab_is_started_once_for_the_tests_that_read_it_and_is_removed_after_them(inner):
    tests = """
names = set()
def test_one(lab):
    names.add(lab.name)
    lab.check("D1", within="1s")
    assert lab["h"].run("ping", "g").stdout == "pinged\\n"
def test_two(lab):
    names.add(lab.name)
    assert [row["lan"] for row in lab["r"].show("links")] == ["link1", "link2"]
    assert lab["r"].logs()[-1].endswith("ready")
def test_three():
    from harness_twin import engines
    assert engines[-1].copies == set()
    (name,) = names
    assert name.startswith("pytest-line-")
"""
    inner.run(tests).assert_outcomes(passed=3)
    assert len(inner.engine.made("h")) == 1
    assert inner.engine.networks() == []


def test_a_program_that_has_ended_is_what_subprocess_gives(inner):
    tests = """
import subprocess
def test_one(lab):
    done = lab["h"].run("ping", "g")
    assert isinstance(done, subprocess.CompletedProcess)
    assert (done.args, done.returncode, done.stdout, done.stderr) == (("ping", "g"), 0, "pinged\\n", "")
    done.check_returncode()
    with pytest.raises(subprocess.CalledProcessError) as caught:
        lab["h"].run("pong").check_returncode()
    assert (caught.value.returncode, caught.value.stderr) == (127, "pong: not found\\n")
def test_two(lab):
    assert (list(lab), "h" in lab, "x" in lab) == (["h", "r", "g"], True, False)
    assert (repr(lab), repr(lab["h"])) == (f"<lab {lab.name}>", f"<node h of lab {lab.name}>")
"""
    inner.run(tests).assert_outcomes(passed=2)


def test_what_a_test_breaks_is_whole_for_the_next_and_a_fresh_copy_is_ones_own(inner):
    tests = """
names = []
def test_one(lab):
    names.append(lab.name)
    lab["h"].kill()
    lab.cut("link2")
    with pytest.raises(AssertionError):
        lab.check("D1")
def test_two(lab):
    lab.check("D1")
@pytest.mark.lab(fresh=True)
def test_three(lab):
    assert lab.name not in names
"""
    inner.run(tests).assert_outcomes(passed=3)
    assert inner.engine.copies == set()


def test_what_is_broken_for_a_block_is_whole_after_it_even_after_a_failure(inner):
    tests = """
def test_cut(lab):
    try:
        with lab.cut("link1") as cut:
            assert cut.done.changed
            assert lab["h"].run("ping", "g").returncode == 1
            raise ZeroDivisionError
    except ZeroDivisionError:
        lab.check()
    with lab["r"].kill():
        assert lab["r"].container.state == "exited"
        assert lab["h"].run("ping", "g").returncode == 1
    with lab["r"].pause():
        assert lab["r"].container.state == "paused"
    lab.check()
    lab.cut("link1")
    lab["h"].pause()
    lab["h"].resume()
    lab.heal("link1")
    lab.check()
"""
    inner.run(tests).assert_outcomes(passed=1)
    assert [*inner.pytester.path.glob(".catenet/failures/*")] == []  # an error that the test wanted leaves no evidence


def test_what_cannot_be_mended_after_a_block_does_not_hide_its_failure(inner):
    tests = """
def test_one(lab):
    with pytest.raises(ZeroDivisionError) as caught, lab["h"].kill():
        lab["h"].start()
        lab["h"].pause()
        raise ZeroDivisionError
    assert caught.value.__notes__ == ["after that, start h: h is paused, not dead: catenet resume h"]
"""
    inner.run(tests).assert_outcomes(passed=1)


def test_a_silent_cut_is_another_than_a_cut(inner):
    tests = """
def test_silent(lab):
    with lab.cut("link2", silent=True) as broken:
        assert broken.done.words == "link2 silent: every packet is dropped at g and r"
        assert lab["h"].run("ping", "g").returncode == 1
        assert [row["silent"] for row in lab["g"].show("links")] == [True]
        with pytest.raises(AssertionError, match="of D5 only what holds after: cut link2"):
            lab.check("D5")
    assert [row["silent"] for row in lab["g"].show("links")] == [False]
    lab.check("D1")
"""
    inner.run(tests).assert_outcomes(passed=1)


def test_a_failure_shows_expected_beside_seen_events_evidence_and_what_is_next(inner):
    tests = """
def test_one(lab):
    with lab.cut("link2"):
        lab.check("D1", within="0s")
"""
    result = inner.run(tests, "--lab-artifacts=kept")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: lab pytest-line-*: 1 of 1 checks fail",
            "E *D1: h pings g",
            "E *expected  an answer",
            "E *seen  *pinged",
            "E *next  *catenet *",
            "*- lab pytest-line-* -*",
            "evidence *kept/test_inner.py-test_one/*-pytest-line-*",
            "next *--lab-keep*",
            "the last 3 events*",
            "*h *node.ready *",
        ]
    )
    (place,) = (inner.pytester.path / "kept" / "test_inner.py-test_one").iterdir()
    assert "ready" in (place / "events.txt").read_text()
    assert {file.name for file in (place / "logs").iterdir()} == {"h.log", "r.log", "g.log"}
    result.stdout.no_fnmatch_line("*harness/lab.py*")  # the traceback ends in the test


def test_claims_are_properties_of_the_report(inner):
    tests = """
@pytest.mark.lab(claims=["A1"])
def test_one(lab):
    lab.check("D1")
    with lab.cut("link2"):
        lab.check("D5")
    lab.wait_for(claim="D6", ping={"from": "h", "to": "g"})
"""
    inner.run(tests, "--junitxml=report.xml").assert_outcomes(passed=1)
    assert inner.claims() == {"test_one": ["A1", "D1", "D5", "D6"]}


def test_a_claim_of_the_timeline_is_checked_for_what_is_broken_now(inner):
    tests = """
def test_now(lab):
    lab.check("D6")
    with lab.cut("link2"), pytest.raises(AssertionError, match="of D6 only what holds after: nothing"):
        lab.check("D6")
    with pytest.raises(AssertionError, match="of D5 only what holds after: cut link2"):
        lab.check("D5")
    with lab.cut("link1"), pytest.raises(AssertionError, match="cut link2"):
        lab.check("D5")
"""
    inner.run(tests).assert_outcomes(passed=1)


MISTAKES = {
    'lab["hh"]': "did you mean h?",
    'lab.cut("link3")': "(choose from: link1, link2)",
    'lab.check("D2")': "no check of claim 'D2'",
    'lab.check("D1", within=20)': "with a unit: 20s",
    'lab.wait_for(ping={"from": "h"})': "`to:` is missing",
    'lab.wait_for(pong={"from": "h", "to": "g"})': "unknown word 'pong'",
    'lab.wait_for(ping={"from": "h", "to": "g"}, path={})': "says ping and path",
    'lab.wait_for(routes={"at": "r", "to": "link9", "cost": 1})': "there is no LAN 'link9'",
    'lab["h"].run("ping", within="soon")': "'soon' is no duration",
    'lab["h"].run(["ping", "g"])': "are texts, one after the other",
    'lab["h"].run("ping", "-c", 1)': "are texts, one after the other",
    'lab["h"].run("ping -c1 g")': "its words are given apart",
    'lab["h"].run()': 'like run("ping", "-c1", "c")',
    "lab[1]": "has no node '1'",
    "lab.wait_for()": "says nothing to do",
    'lab.wait_for(routes={"at": "r", "to": "link2"})': "`via:` or `cost:` is missing",
    'lab.wait_for(ping={"from": lab["h"], "to": "g"})': "from: <node h of lab pytest-line-",
    'lab.wait_for(ping={"from": "h", "to": "g"}, within=float("inf"))': "within is inf, and should be a duration",
    'lab.wait_for(gone={"at": {"r"}, "to": "link1"})': "is no text, number, list or mapping",
}


def test_a_mistake_in_a_test_says_what_is_there(inner):
    tests = "\n".join(f"def test_{number}(lab): {call}" for number, call in enumerate(MISTAKES))
    result = inner.run(tests)
    result.assert_outcomes(failed=len(MISTAKES))
    errors = [line for line in result.outlines if line.startswith("E  ")]
    assert [said for said in MISTAKES.values() if not any(said in line for line in errors)] == []


MARKERS = {
    'lab("five-rooters")': "did you mean five-routers?",
    'lab("a", "b")': "one lab, as a name or a path",
    "lab(7)": "one lab, as a name or a path",
    "lab(frsh=True)": "unknown word 'frsh' (did you mean fresh?)",
    "lab(fresh=1)": "fresh is 1, and should be True or False",
    'lab(claims="D5")': 'should be a list, like ["D5"]',
    'implementations("catenet", service="rip")': "`service` and `node` say whose program it is",
    'implementations(service="rip", node="a")': "one word or more",
    'implementations("frr", "frr", service="rip", node="a")': "each once",
    'implementations("./none", service="rip", node="a")': "there is no /",
    'implementations("frr", service="rip", nod="a")': "did you mean node?",
}


def test_a_wrong_marker_is_an_error_of_collection_that_names_the_test(inner):
    for number, marker in enumerate(MARKERS):
        text = f"import pytest\n@pytest.mark.{marker}\ndef test_one(lab): pass\ndef test_two(lab): pass"
        inner.pytester.makepyfile(**{f"test_{number}": text})
    result = inner.run("def test_three(lab): pass")
    result.assert_outcomes(errors=len(MARKERS))
    said = result.outlines
    for number, (marker, hint) in enumerate(MARKERS.items()):
        begin = f"test_{number}.py::test_one: {marker.partition('(')[0]}: "
        assert any(begin in line and hint in line for line in said), (marker, said)
    assert inner.engine.calls == []


def test_without_a_marker_and_a_lab_file_it_says_what_to_do(inner):
    (inner.pytester.path / "lab.yaml").unlink()
    result = inner.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*which lab? Mark the test, like @pytest.mark.lab('five-routers'), or put a lab.yaml*"]
    )


def test_a_path_is_relative_to_the_test_file_and_a_wrong_lab_file_names_its_line(inner):
    folder = inner.pytester.mkdir("other")
    (folder / "lab.yaml").write_text("lans: {l: {}}\nnodes:\n  x: {lans: [m]}\n")
    result = inner.run("@pytest.mark.lab('other')\ndef test_one(lab): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{folder}/lab.yaml:3: *there is no LAN 'm'*"])


def test_no_engine_is_an_error_in_the_engines_words(inner, monkeypatch):
    (inner.pytester.path / "conftest.py").unlink()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    result = inner.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["catenet: *unix:///nowhere/docker.sock*"])


def test_an_engine_that_refuses_is_an_error_and_leaves_nothing(inner):
    def refuse(call: str, name: str) -> None:
        if call == "start":
            raise EngineError(f"start {name}: no more memory")

    inner.engine.before = refuse
    result = inner.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["catenet: start pytest-line-*: no more memory"])
    assert inner.engine.copies == set()


# What is left, and what is not


def test_keep_leaves_the_labs_and_says_how_to_remove_them(inner):
    result = inner.run(ONE, "--lab-keep")
    (name,) = inner.engine.copies
    result.stdout.fnmatch_lines([f"{name}: catenet status --lab {name}; to remove it: catenet down {name}"])
    inner.run(ONE)
    assert inner.engine.copies == {name}  # it is nobody's orphan


def test_reuse_takes_what_runs_under_the_labs_name_makes_it_whole_and_leaves_it(inner):
    inner.run(ONE, "--lab-reuse").assert_outcomes(passed=1)
    assert inner.engine.copies == {"line"}
    inner.engine.kill("line-g")
    inner.run(ONE, "--lab-reuse").assert_outcomes(passed=1)
    assert inner.engine.made("h") == ["line"]
    inner.run("@pytest.mark.lab(fresh=True)\ndef test_one(lab): assert lab.name != 'line'", "--lab-reuse")
    assert inner.engine.copies == {"line"}


def test_workers_of_xdist_have_copies_of_their_own(inner):
    """What xdist gives a worker's configuration is all that is needed of it here."""
    (inner.pytester.path / "conftest.py").write_text(
        f"{CONFTEST}\ndef pytest_configure(config): config.workerinput = {{'workerid': 'gw1'}}\n"
        "def pytest_unconfigure(config): del config.workerinput\n"
    )
    inner.run("def test_one(lab): assert lab.name.startswith('pytest-line-gw1-')").assert_outcomes(passed=1)
    inner.run("def test_one(lab): assert lab.name == 'line-gw1'", "--lab-reuse").assert_outcomes(passed=1)


def test_a_copy_that_another_process_uses_is_left_alone(inner):
    other = OwnershipLock("line")
    try:
        result = inner.run(ONE, "--lab-reuse")
    finally:
        other.release()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["catenet: lab line belongs to process *"])


def test_an_interrupt_removes_the_labs(inner):
    tests = """
import os, signal
def test_one(lab):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
"""
    result = inner.run(tests, no_reraise_ctrlc=True)
    result.stdout.fnmatch_lines(["*KeyboardInterrupt: SIGTERM*"])
    assert inner.engine.made("h") != []
    assert inner.engine.copies == set()


def test_what_a_killed_session_left_is_removed_at_the_next_start_and_what_lives_is_not(inner):
    inner.run("def test_one(lab): pass", "--lab-keep")
    (left,) = inner.engine.copies
    command = [sys.executable, "-c", CLAIM, left]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        inner.run(ONE).assert_outcomes(passed=1)
        assert inner.engine.copies == {left}
        owner.kill()
        owner.wait()
    inner.run(ONE).assert_outcomes(passed=1)
    assert inner.engine.copies == set()


def test_a_lab_that_somebody_removed_is_said_to_be_gone(inner):
    tests = """
def test_one(lab):
    for container in lab.engine.inspected(lab.engine.listed({})):
        lab.engine.remove(container.name)
    for network in lab.engine.networks():
        lab.engine.remove_network(network.name)
    lab.check()
"""
    result = inner.run(tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *UserError: lab pytest-line-* is gone*"])


# In everybody's runs


def test_who_has_a_fixture_and_a_marker_of_that_name_is_left_alone(inner):
    tests = """
@pytest.fixture
def lab(): return "chemistry"
@pytest.mark.lab("acid", "base", ph=7)
def test_one(lab): assert lab == "chemistry"
"""
    inner.run(tests, "--strict-markers", "-W", "error").assert_outcomes(passed=1)
    assert inner.engine.calls == []


def test_the_plugin_loads_nothing_slow():
    slow = "docker", "pydantic", "ruamel", "dnslib", "requests", "rich", "typer", "catenet.orchestrator.backend"
    program = f"""
import sys
import catenet.orchestrator.harness.plugin
print(*(name for name in {slow!r} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
