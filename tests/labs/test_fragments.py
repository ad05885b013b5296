"""The lab fragments: what is too large is cut by a router and put together at the end; or its sender is told."""

from __future__ import annotations

import pytest

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("fragments")]


def test_each_claim_holds(lab: LabUnderTest) -> None:
    lab.check()


def test_a_lan_is_as_narrow_as_its_file_says_after_a_start_and_a_cut_too(lab: LabUnderTest) -> None:
    def mtus() -> dict[str, int]:
        return {row["lan"]: row["mtu"] for row in lab["r1"].show("links")}

    wanted = {"wide1": 1500, "narrow": 600}
    assert mtus() == wanted
    with lab["r1"].kill():
        pass
    assert mtus() == wanted
    with lab.cut("narrow"):
        pass
    assert mtus() == wanted
