"""The lab `layers` on either stack, `trace packet` and `trace arp` in it, and that its claims can be false."""

from __future__ import annotations

import pytest

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.trace.arp import trace_arp
from catenet.orchestrator.trace.arp_steps import How
from catenet.orchestrator.trace.packet import PacketTrace, trace_packet
from catenet.orchestrator.trace.packet_steps import Part
from catenet.orchestrator.trace.sending import ECHO_PORT, Sending
from catenet.orchestrator.wire.layers import UDP

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
ROUTERS = ["a", "b"]


def packet(lab: LabUnderTest, source: str, target: str, **more: object) -> PacketTrace:
    return trace_packet(lab.engine, lab.running, source, target, Sending(**more))


def way(done: PacketTrace, part: Part) -> list[str]:
    return list(dict.fromkeys(f"{step.source} {step.lan} {step.target}" for step in done.steps if step.part == part))


@pytest.mark.lab("layers")
def test_on_the_kernels_stack(lab: LabUnderTest) -> None:
    for claim in ("J1", "B1", "B2", "E4", "E2"):
        lab.check(claim, within="30s")
    done = packet(lab, "h1", "h2", size=4000)
    assert way(done, Part.THERE) == ["h1 left a", "a middle b", "b right h2"]
    assert way(done, Part.BACK) == ["h2 right b", "b middle a", "a left h1"]
    pieces = {step.fragment for step in done.steps if step.part == Part.THERE}
    assert len(pieces) == 3
    assert done.answered
    assert done.faults == ()


@pytest.mark.lab("layers", stack="userspace")
def test_on_our_own(lab: LabUnderTest) -> None:
    for claim in ("J1", "B1", "E4", "E2"):
        lab.check(claim, within="30s")
    done = packet(lab, "h1", "h2", protocol=UDP, port=ECHO_PORT, size=4000)
    assert way(done, Part.THERE) == ["h1 left a", "a middle b", "b right h2"]
    assert done.answered
    assert done.faults == ()
    unwanted = packet(lab, "h1", "h3", protocol=UDP, port=9, size=10, wait=0.5)
    assert [step.source for step in unwanted.steps if step.part == Part.ERROR] == ["h3", "b", "a"]


@pytest.mark.lab("layers")
def test_what_is_false_is_found(lab: LabUnderTest) -> None:
    """Behind a LAN that loses everything nothing is heard; nobody answers for who is dead."""
    with lab.cut("right"):
        with pytest.raises(AssertionError, match="it was not heard at h2; seen on left middle"):
            lab.wait_for(layers={"from": "h1", "to": "h2"}, within="0s")
        done = packet(lab, "h1", "h2")
        assert not done.arrived
        assert way(done, Part.ERROR)[0] == "b middle a"
    with lab["h2"].kill():
        asked = trace_arp(lab.engine, lab.running, "h1", "h2", fresh=True)
        assert [(each.asker, each.answerer, each.tries) for each in asked.exchanges] == [
            ("h1", "a", 1),
            ("a", "b", 1),
            ("b", "", 3),
        ]
        assert {each.how for each in asked.entries} == {How.ASKED, How.WAS_ASKED}
        with pytest.raises(UserError, match="h2 is exited"):
            packet(lab, "h2", "h1")
    lab.wait_for(hop_by_hop={"from": "h1", "to": "h2", "routers": ROUTERS}, within="30s")
    with pytest.raises(AssertionError, match="h1 a b h2"):
        lab.wait_for(hop_by_hop={"from": "h1", "to": "h2", "routers": ["a"]}, within="0s")
