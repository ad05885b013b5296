"""The lab `eavesdropper`: who carries a call has noise, and where nobody enciphers it, every word."""

from __future__ import annotations

import pytest
from calling import PATIENCE, look

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("eavesdropper")]


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check(within=PATIENCE)) == len(lab.model.checks)


@pytest.mark.parametrize(("one", "other", "heard"), [("alice", "bob", True), ("erin", "frank", False)])
def test_the_other_way_round_it_is_not_so(lab: LabUnderTest, one: str, other: str, heard: bool) -> None:
    lab.wait_for(call={"from": one, "to": other, "lasting": "0s"}, within=PATIENCE)
    done = look(lab, relayed={"from": one, "to": other, "by": "eve", "heard": heard})
    assert not done.passed
    assert "likeness" in done.finding.seen


def test_who_does_not_carry_it_has_nothing(lab: LabUnderTest) -> None:
    lab.wait_for(call={"from": "alice", "to": "bob", "lasting": "0s"}, within=PATIENCE)
    done = look(lab, relayed={"from": "alice", "to": "bob", "by": "r", "lasting": "1s"})
    assert (done.passed, done.finding.seen) == (False, "no packet of a call")
