"""The lab `bfd` with our routers on our own stack, FRR's and BIRD's on the kernel's: sessions are up between each two,
which they are only where what comes in says its TTL (RFC 5881 section 5), and silent loss is seen long before the dead
interval.
"""

from __future__ import annotations

import pytest

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600), pytest.mark.lab("bfd", stack="userspace")]
SOON = "20s"
"""The machine may be busy. A Hello is due every 10 s: without BFD nobody would notice before 30 s had passed."""


def test_bfd_between_three_makes_and_two_stacks(lab: LabUnderTest) -> None:
    lab.check(within="60s")
    with lab.cut("link1", silent=True):
        lab.wait_for(routes={"at": "a", "to": "net-b", "via": "link4", "cost": 3}, within=SOON)
        lab.wait_for(routes={"at": "b", "to": "net-a", "via": "link2", "cost": 3}, within=SOON)
    lab.wait_for(shows={"at": "a", "table": "ospf neighbors", "row": "b link1 Full Up"}, within="60s")
    for router in ("a", "d"):
        counters = lab[router].show("ospf")["counters"]
        refused = {word for word, count in counters.items() if count and word.startswith("refused.bfd")}
        assert refused <= {"refused.bfd-discriminator"}  # of an earlier life of a session
