"""RIP and OSPF meet on two border routers: what the lab claims, and what becomes of it when one loses its RIP half."""

from __future__ import annotations

import pytest

from catenet.nodes.control.service import LAST_RESORT
from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.mark.lab("two-protocols")
def test_two_border_routers_redistribute_and_each_keeps_its_own_side(lab: LabUnderTest) -> None:
    lab.check(within="60s")
    assert metrics(lab, "b1", "10.6.1.0/24") == [120, 110 + LAST_RESORT]
    lab.do("cut", "r1")
    lab.wait_until_converged(within="30s")
    assert metrics(lab, "b1", "10.6.1.0/24") == [110 + LAST_RESORT]
    lab.do("heal", "r1")
    lab.wait_until_converged(within="30s")
    assert metrics(lab, "b1", "10.6.1.0/24") == [120, 110 + LAST_RESORT]


@pytest.mark.lab("two-protocols/mixed.yaml")
def test_frr_and_bird_are_border_routers_too(lab: LabUnderTest) -> None:
    lab.check(within="90s")
    for router in ("b1", "b2"):
        assert metrics(lab, router, "10.6.1.0/24") == [120, 110 + LAST_RESORT]
    for cut, router in (("r1", "b1"), ("r2", "b2")):
        lab.do("cut", cut)
        lab.wait_until_converged(within="60s")
        assert metrics(lab, router, "10.6.1.0/24") == [110 + LAST_RESORT]
        lab.do("heal", cut)
        lab.wait_until_converged(within="60s")


def metrics(lab: LabUnderTest, router: str, prefix: str) -> list[int]:
    return [row["metric"] for row in lab[router].show("routes") if row["prefix"] == prefix]
