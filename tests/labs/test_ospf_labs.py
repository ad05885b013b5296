"""The labs of OSPF among ours: what each claims, and the first thing that its story breaks and mends."""

from __future__ import annotations

import pytest
from ospf_mixed import refused, until_right

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


@pytest.mark.lab("five-routers/ospf.yaml")
def test_the_lectures_tables_by_link_state(lab: LabUnderTest) -> None:
    through(lab, "link1")


@pytest.mark.lab("link-state")
def test_flooding(lab: LabUnderTest) -> None:
    through(lab, "net-c")


@pytest.mark.lab("ospf-areas")
def test_areas(lab: LabUnderTest) -> None:
    through(lab, "lan-e")


def through(lab: LabUnderTest, lan: str) -> None:
    """What holds at first, holds of what is left when a LAN is cut, and again when that is healed."""
    lab.check(within="200s")
    lab.do("cut", lan)
    until_right(lab, cut=[lan])
    lab.do("heal", lan)
    until_right(lab)
    assert refused(lab) == []
