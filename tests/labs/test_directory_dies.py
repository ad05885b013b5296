"""The lab `directory-dies`: calls outlive the directory, new ones want it, and nobody logs in twice."""

from __future__ import annotations

import pytest
from calling import PATIENCE, look, play

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("directory-dies")]

PEOPLE = ("alice", "bob", "carol")


def test_every_check_holds(lab: LabUnderTest) -> None:
    assert len(lab.check(within=PATIENCE)) == len(lab.model.checks)


def test_while_it_lives_nobody_is_kept_from_calling(lab: LabUnderTest) -> None:
    lab.wait_for(call={"from": "carol", "to": "alice", "lasting": "0s"}, within=PATIENCE)
    done = look(lab, call={"from": "carol", "to": "alice", "fails": "directory", "lasting": "0s"})
    assert (done.passed, done.finding.seen.partition(",")[0]) == (False, "direct")


def test_the_timeline_holds_and_nobody_logs_in_twice(lab: LabUnderTest) -> None:
    assert play(lab) == []
    for person in PEOPLE:
        logins = [line for line in lab[person].logs() if " phone.joined " in line]
        assert [line.rpartition(" ")[2] for line in logins][:1] == ["in"]
        assert all(line.endswith("is back") for line in logins[1:])
    assert "logins" not in lab["login"].status()["services"]["directory"]["counters"]
