"""`catenet trace lsa`, and the check `flooded`: once over each link, among ours and among three makes. A link that
drops everything, and a router that sends back what it was told, are found.
"""

from __future__ import annotations

import pytest
from lab_bench import until

from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.trace.flood import How
from catenet.orchestrator.trace.lsa import LsaTrace, Wanted, trace_lsa

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


def trace(lab: LabUnderTest, node: str, *words: str) -> LsaTrace:
    return trace_lsa(lab.engine, lab.running, node, Wanted(*words))


def kinds(done: LsaTrace) -> set[str]:
    return {fault.kind.value for fault in done.faults}


@pytest.mark.lab("link-state")
def test_among_ours_events_and_packets_say_the_same(lab: LabUnderTest) -> None:
    lab.check("D9", within="60s")
    done = trace(lab, "d", "external", "guest")
    assert done.flood is not None
    assert (done.flood.key.id, done.flood.area, done.faults) == ("10.6.20.0", "", ())
    assert {each.node for each in done.flood.reached if each.told} == {"a", "b", "c"}
    assert {use.lan for use in done.uses} == {"link1", "link2", "link3", "link4", "link5"}


@pytest.mark.lab("link-state")
def test_a_link_that_loses_everything_is_found(lab: LabUnderTest) -> None:
    """The claim is false there, and true again afterwards."""
    with lab.cut("link3", silent=True):
        done = trace(lab, "a")
        assert done.flood is not None
        assert done.flood.missing == (), "it comes to all by the other links"
        assert {"unacknowledged", "again"} <= kinds(done)
        assert {step.lan for step in done.flood.steps if step.how == How.RETRANSMITTED} == {"link3"}
        with pytest.raises(AssertionError, match="link3"):
            lab.wait_for(flooded={"router": "a"}, within="1s")
        lab.wait_for(ping={"from": "a", "to": "c"}, within="1s")
    lab.wait_for(flooded={"router": "a"}, within="60s")


@pytest.mark.lab("link-state")
def test_who_cannot_be_followed_is_said(lab: LabUnderTest) -> None:
    with pytest.raises(UserError, match="there is no such network-LSA"):
        trace(lab, "a", "network")
    with lab["b"].pause():
        done = trace(lab, "a")
        assert done.flood is not None
        assert "b" not in done.flood.routers


@pytest.mark.lab("ospf-mixed")
def test_among_three_makes_what_they_send_is_enough(lab: LabUnderTest) -> None:
    """On `side` our r7 is the designated router, FRR's r5 its backup; r1 is ours, and r3 BIRD's."""
    lab.check("D9", within="200s")
    done = trace(lab, "r7")
    assert done.flood is not None
    assert done.faults == ()
    assert done.flood.elected["side"] == ("r7", "r5")
    assert {each.node: each.told for each in done.flood.reached} == {"r1": True, "r3": False, "r5": False}
    with pytest.raises(UserError, match="r2's ospf is frr's"):
        trace(lab, "r2")


@pytest.mark.lab("ospf-refloods/lab.yaml")
def test_a_router_that_sends_it_back_is_found(lab: LabUnderTest) -> None:
    lab.check("D8", within="60s")
    done = trace(lab, "a")
    assert kinds(done) == {"back"}
    assert "b sent it back on link1" in done.faults[0].text
    with pytest.raises(AssertionError, match="b sent it back"):
        lab.check("D9", within="3s")


@pytest.mark.lab("link-state")
def test_what_a_router_says_of_itself_is_waited_for(lab: LabUnderTest) -> None:
    """Nobody asks: it is said since a network of its goes."""
    lab.check("D9", within="60s")
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(trace_lsa, lab.engine, lab.running, "c", Wanted(wait=30.0))
        until(lambda: None if waiting.done() else _cut_and_heal(lab))
        done = waiting.result()
    assert done.flood is not None
    assert {each.node for each in done.flood.reached} == {"a", "b", "d"}


def _cut_and_heal(lab: LabUnderTest) -> str:
    """The capture may not have begun by the first time."""
    with lab.cut("net-c"):
        pass
    return "not done yet"
