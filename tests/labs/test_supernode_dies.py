"""The lab `supernode-dies`: a call outlives whoever carries it, but not all of them."""

from __future__ import annotations

import pytest
from calling import PATIENCE, look, play

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("supernode-dies")]


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check(within=PATIENCE)) == len(lab.model.checks)


def test_the_timeline_holds(lab: LabUnderTest) -> None:
    assert play(lab) == []


def test_where_all_supernodes_die_the_checks_fail(lab: LabUnderTest) -> None:
    """The last test: whom nobody carries is not heard any more."""
    lab.wait_for(call={"from": "alice", "to": "bob", "keep": True}, within=PATIENCE)
    with lab["s1"].kill(), lab["s2"].kill():
        lab["alice"].run("sleep", "3")
        gone = look(lab, silence={"at": "alice", "most": "2s"})
        assert (gone.passed, gone.finding.seen.partition(", ")[2]) == (False, "moving")
