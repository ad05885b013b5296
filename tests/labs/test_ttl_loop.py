"""The lab ttl-loop: what goes in circles dies, and who sent it is told by the router where it did."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lab_bench import failures
from mixed_stacks import mixed

from catenet.nodes.address import Address
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.tools import read_traceroute
from catenet.orchestrator.operations.scene import RunningScene

pytestmark = [pytest.mark.engine, pytest.mark.lab("ttl-loop")]

own = pytest.mark.lab("ttl-loop", stack="userspace")

ATTIC = "10.8.9.7"
CIRCLE = ["10.8.1.1", "10.8.12.2", "10.8.23.3", "10.8.31.1", "10.8.12.2", "10.8.23.3", "10.8.31.1"]


def test_each_claim_holds(lab: LabUnderTest) -> None:
    lab.check()


def test_traceroute_sees_the_circle(lab: LabUnderTest) -> None:
    said = lab["h1"].run("traceroute", "-n", "-q", "1", "-m", str(len(CIRCLE)), ATTIC)
    assert read_traceroute(said.stdout) == CIRCLE


@pytest.mark.parametrize("ttl", [1, 2, 3, 5])
def test_it_dies_where_its_ttl_runs_out(lab: LabUnderTest, ttl: int) -> None:
    said = lab["h1"].run("ping", "-n", "-c1", "-W2", "-t", str(ttl), ATTIC).stdout
    assert f"From {CIRCLE[ttl - 1]} icmp_seq=1 Time to live exceeded" in said


def test_each_hop_takes_one_of_its_ttl(lab: LabUnderTest) -> None:
    with lab.capture("ring23", "udp") as packets:
        lab["h1"].run("traceroute", "-n", "-q", "1", "-f", "20", "-m", "20", ATTIC)
    assert [packet.ttl for packet in packets] == [18, 15, 12, 9, 6, 3]  # two have taken one each before that LAN


def test_where_a_router_knows_better_there_is_no_loop_and_the_check_says_so(lab: LabUnderTest) -> None:
    lab["r3"].run("ip", "route", "del", "10.8.9.0/24").check_returncode()
    with pytest.raises(AssertionError, match=re.escape("h1 to attic: a loop")):
        lab.wait_for(within="0s", loop={"from": "h1", "to": ["attic"]})
    lab.wait_for(within="0s", loop={"from": "h1", "to": ["attic"], "found": False})


@own
def test_our_own_routers_count_it_down_too(lab: LabUnderTest) -> None:
    lab.check()
    with RunningScene(lab.engine, lab.running) as scene:
        hops, _ = scene.trace("h1", Address.parse(ATTIC), len(CIRCLE))
    assert hops == CIRCLE


def test_among_routers_of_both_makes_it_is_one_loop(tmp_path: Path) -> None:
    with mixed("ttl-loop", ["r2", "h2"], tmp_path) as bench:
        assert failures(bench.check(within=20.0)) == {}
        assert read_traceroute(bench.run("h1", "traceroute", "-n", "-q", "1", "-m", "7", ATTIC).stdout) == CIRCLE
