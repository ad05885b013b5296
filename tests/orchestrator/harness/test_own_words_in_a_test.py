"""A check and a verb of somebody else's, in the words of a test."""

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
    tests = 'def test_it(lab):\n    with lab.breaking("lame", "link2", last=True) as broken:\n'
    tests += '        assert broken.done.words == "link2 silent: every packet is dropped at r"\n'
    tests += '        assert lab["r"].show("links")[1]["silent"]\n'
    tests += '    assert not lab["r"].show("links")[1]["silent"]\n'
    inner.run(tests).assert_outcomes(passed=1)
