"""The lab fragments: what is too large is cut by a router and put together at the end; on the kernel's stack, on ours,
and between the two."""

from __future__ import annotations

import pytest

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = pytest.mark.engine

own = pytest.mark.lab("fragments", stack="userspace")
kernel = pytest.mark.lab("fragments")
mixed = pytest.mark.lab("fragments/mixed.yaml")


@kernel
def test_each_claim_holds(lab: LabUnderTest) -> None:
    lab.check()


@kernel
def test_its_check_fails_where_a_lan_is_as_wide_as_the_others(lab: LabUnderTest) -> None:
    def set_mtu(octets: int) -> None:
        for router in ("r1", "r2"):
            lab[router].run("ip", "link", "set", "dev", "narrow", "mtu", str(octets)).check_returncode()

    set_mtu(1500)
    with pytest.raises(AssertionError, match="1 on narrow"):
        lab.wait_for(within="0s", fragments={"from": "h1", "to": "h2", "on": "narrow", "pieces": 3})
    set_mtu(600)


@kernel
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


@own
def test_our_own_routers_cut_and_our_own_hosts_put_together(lab: LabUnderTest) -> None:
    lab.check()


@own
def test_who_may_not_cut_says_how_large_a_packet_may_be_and_the_sender_learns_it(lab: LabUnderTest) -> None:
    """RFC 1191: the first one is lost, the others leave as fragments of 600 octets; the way back is not forbidden."""
    few = {"from": "h1", "to": "h2", "size": 1400, "number": 20, "whole": True}
    lab.wait_for(within="0s", datagrams={**few, "lost": "5%..50%"})
    assert [(row["destination"], row["mtu"]) for row in lab["h1"].show("paths")] == [("10.9.3.7", 600)]
    lab.wait_for(within="0s", datagrams={**few, "lost": "0%"})
    lab.wait_for(fragments={"from": "h1", "to": "h2", "on": "wide1", "size": 1400, "pieces": 3})


@mixed
def test_the_kernel_s_and_ours_agree_on_what_a_fragment_is(lab: LabUnderTest) -> None:
    lab.check("B8")
    lab.check("B3")
