"""A check, a verb and a service of somebody else's, in the words of a test."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.usefixtures("own_check")
def test_a_test_waits_for_it(inner: Any) -> None:
    tests = 'def test_it(lab):\n    lab.wait_for(reaches={"from": "h", "to": ["g", "r"]})\n    with lab.cut("link1"):\n'
    tests += '        lab.wait_for(reaches={"from": "h", "to": "g"}, within="0.1s")\n'
    result = inner.run(tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*check: h reaches g", "*seen      no answer of g"])


@pytest.mark.usefixtures("own_verb")
def test_a_test_breaks_and_mends_by_it(inner: Any) -> None:
    tests = 'def test_it(lab):\n    with lab.breaking("lame", "link2", last=True, ends=1) as broken:\n'
    tests += '        assert broken.done.words == "link2 silent: every packet is dropped at r"\n'
    tests += '        assert lab["r"].show("links")[1]["silent"]\n'
    tests += '    assert not lab["r"].show("links")[1]["silent"]\n'
    inner.run(tests).assert_outcomes(passed=1)


@pytest.fixture
def repeating(inner: Any) -> Any:
    """h runs the service `parrot`, and needs the file hello.txt."""
    file = inner.pytester.path / "lab.yaml"
    parrot = "h: {lans: {link1: 10.0.1.7}, services: {parrot: {greetings: hello.txt}}}"
    file.write_text(file.read_text().replace("h: {lans: {link1: 10.0.1.7}}", parrot))
    file.with_name("hello.txt").write_text("good day\n")
    inner.engine.tables["h", "parrot"] = {"greeted": []}
    return inner


@pytest.mark.usefixtures("own_service")
def test_a_test_sees_its_table_and_its_cache_is_empty_for_the_next(repeating: Any) -> None:
    tests = 'def test_one(lab):\n    assert lab["h"].show("parrot") == {"greeted": []}\n    lab.do("cut", "link2")\n'
    repeating.run(f"{tests}def test_two(lab): pass").assert_outcomes(passed=2)
    assert "h" in repeating.engine.flushed


@pytest.mark.usefixtures("own_service")
def test_its_node_is_made_anew_when_its_file_has_changed(repeating: Any) -> None:
    one, reuse = "def test_one(lab): lab.check()", "--lab-reuse"
    repeating.run(one, reuse).assert_outcomes(passed=1)
    (repeating.pytester.path / "hello.txt").write_text("good evening\n")
    repeating.run(one, reuse).assert_outcomes(passed=1)
    assert [repeating.engine.made(node) for node in "hrg"] == [["line", "line"], ["line"], ["line"]]
