"""A router's routes in the kernel's table, beside those of others, and what becomes of them when somebody meddles."""

from __future__ import annotations

from collections import Counter

import pytest
from lab_bench import until

from catenet.nodes.control.events import Event
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.observe.events import past

pytestmark = [pytest.mark.engine, pytest.mark.lab("five-routers")]

LAN_C, RIP, METRIC = "10.1.3.0/24", 189, 120
FLUSH = """
from catenet.nodes.control.service import Source
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.routes import Routes
Routes(Netlink(), lambda _: 0, lambda _: False, None).forget(Source("rip", 189, 120))
"""


def sh(lab: LabUnderTest, script: str) -> str:
    done = lab["a"].run("sh", "-c", script)
    assert done.returncode == 0, done.last_words
    return done.stdout


def kernel(lab: LabUnderTest, prefix: str = LAN_C) -> dict[tuple[str, int], str | None]:
    """Who put which metric's route to a prefix there → the node that it goes to."""
    rows = lab["a"].show("routes")
    return {(row["protocol"], row["metric"]): row["node"] for row in rows if row["prefix"] == prefix}


def restored(lab: LabUnderTest) -> list[Event]:
    lines = past(lab.engine, [lab["a"].container])
    return [line.event for line in lines if line.event is not None and line.event.kind == "route.restored"]


def until_rip_is_back(lab: LabUnderTest) -> None:
    until(lambda: kernel(lab).get(("rip", METRIC)) != "b")


def test_a_connected_and_a_static_route_to_the_same_prefix_stay(lab: LabUnderTest) -> None:
    """RIP's metric is its own: what it changes and takes away, with a cut and after it, is only what it has set."""
    others = {("kernel", 0): None, ("static", 20): "d"}
    sh(lab, f"ip address add 10.1.3.77/24 dev lan-a; ip route add {LAN_C} via 10.0.3.4 proto static metric 20")
    try:
        assert kernel(lab) == {**others, ("rip", METRIC): "b"}
        lab.do("cut", "link1")
        until(lambda: kernel(lab) != {**others, ("rip", METRIC): "d"})
        lab.do("heal", "link1")  # routing does not converge: the kernel takes the static route, another way than RIP's
        until(lambda: kernel(lab) != {**others, ("rip", METRIC): "b"})
    finally:
        sh(lab, f"ip address del 10.1.3.77/24 dev lan-a; ip route del {LAN_C} proto static")
    assert kernel(lab) == {("rip", METRIC): "b"}


def test_what_a_daemon_left_behind_is_flushed_and_the_living_ones_routes_are_back(lab: LabUnderTest) -> None:
    left = "198.51.100.0/24"
    sh(lab, f"ip route add {left} via 10.0.1.2 proto {RIP} metric 77")
    assert kernel(lab, left) == {("rip", 77): "b"}
    assert lab["a"].run("python3", "-c", FLUSH).returncode == 0
    assert kernel(lab, left) == {}
    until_rip_is_back(lab)


def test_what_could_not_be_installed_says_why_and_is_tried_again(lab: LabUnderTest) -> None:
    sh(lab, "ip address del 10.0.1.1/24 dev link1; ip route flush proto 189")
    try:
        until(lambda: row(lab).get("kernel") != "not there: Network is unreachable")
        assert row(lab)["state"] == "valid"  # the neighbour is still heard
    finally:
        sh(lab, "ip address add 10.0.1.1/24 broadcast + dev link1")
    until_rip_is_back(lab)
    until(lambda: "kernel" in row(lab))


@pytest.mark.parametrize(
    ("meddling", "cause"),
    [
        (f"ip route del {LAN_C} proto {RIP}", "deleted from the kernel"),
        (f"ip route replace {LAN_C} via 10.0.3.4 metric {METRIC}", "replaced in the kernel"),
        (f"ip route replace blackhole {LAN_C} metric {METRIC}", "deleted from the kernel"),
    ],
)
def test_a_route_that_somebody_takes_away_comes_back(lab: LabUnderTest, meddling: str, cause: str) -> None:
    before = len(restored(lab))
    sh(lab, meddling)
    until(lambda: len(restored(lab)) == before)
    until_rip_is_back(lab)
    told = restored(lab)[-1].data
    assert (told["prefix"], told["node"]) == (LAN_C, "b")
    assert (told["lan"], told["cause"]) == ("link1", cause)


def test_nobody_fights_without_end_for_a_table_that_is_flushed_again_and_again(lab: LabUnderTest) -> None:
    before = Counter(event.data["prefix"] for event in restored(lab))
    sh(lab, f"for i in $(seq 30); do ip route flush proto {RIP}; done")
    until_rip_is_back(lab)
    after = Counter(event.data["prefix"] for event in restored(lab))
    assert 0 < (after - before)[LAN_C] <= 10
    until(lambda: [row for row in lab["a"].show("rip")["table"] if "kernel" in row])
    assert lab["a"].status()["services"]["rip"]["restarts"] == 0


def row(lab: LabUnderTest) -> dict[str, object]:
    return next(row for row in lab["a"].show("rip")["table"] if row["prefix"] == LAN_C)
