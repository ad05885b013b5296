"""The lab `internet` with OSPF in RIP's place: whatever its file claims is as true."""

from __future__ import annotations

import pytest
from calling import PATIENCE, play
from ospf_mixed import refused, until_right

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.running import running_lab

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400), pytest.mark.lab("internet", routing="ospf")]


def test_every_check_holds_and_the_timeline(lab: LabUnderTest) -> None:
    lab.check(within=PATIENCE)
    assert play(lab) == []
    until_right(lab)
    assert refused(lab) == []


def test_the_routes_are_of_that_protocol(lab: LabUnderTest) -> None:
    assert lab["a"].show("ospf routes")
    assert running_lab(lab.engine, lab.name).lab.routing == "ospf"  # as its containers say it
