"""The lab measured-costs on real links: traffic leaves a slowed one and comes back, once each; and what nobody asked
for does nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
from lab_bench import until

from catenet.orchestrator.harness.lab import LabUnderTest

pytestmark = [pytest.mark.engine, pytest.mark.lab("measured-costs"), pytest.mark.timeout(600)]

FLOOD = """
import os, socket
made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for number in range(20_000):
    guess = bytes((0, 0, 0, 0)) + os.urandom(4)
    total = sum(int.from_bytes(guess[at : at + 2], "big") for at in range(0, 8, 2))
    total = (total & 0xFFFF) + (total >> 16)
    made.sendto(guess[:2] + (~total & 0xFFFF).to_bytes(2, "big") + guess[4:], ("10.7.1.1", 0))
"""
"""Echo Replies with a right checksum to a, as fast as b can; identifier and sequence number are guessed."""


FAR = {"a": "10.7.12.0/24", "b": "10.7.11.0/24"}
"""Router → the network behind the other one."""


def turns(lab: LabUnderTest, router: str) -> list[str]:
    """Each change of its route to the network behind the other one, as it has told it."""
    return [line for line in lab[router].logs() if f"route.changed {FAR[router]}" in line]


def interface(lab: LabUnderTest, router: str, lan: str) -> Any:
    return next(row for row in lab[router].show("ospf interfaces") if row["lan"] == lan)


def test_traffic_leaves_a_slowed_link_and_comes_back_without_flapping(lab: LabUnderTest) -> None:
    lab.check(within="60s")
    before = {router: len(turns(lab, router)) for router in "ab"}
    lab.do("impair", "direct", delay="20ms")
    lab.wait_for(routes={"at": "a", "to": "net-b", "via": "left"}, within="60s")
    lab.wait_for(routes={"at": "b", "to": "net-a", "via": "right"}, within="60s")
    lab.wait_for(path={"from": "h1", "to": "h2", "routers": ["a", "c", "b"]}, within="20s")
    # The first window may have an Echo of before b was told: of three the nearest counts, and then the next three.
    until(lambda: not 41 <= interface(lab, "a", "direct")["cost"] <= 49)
    lab.do("impair", "direct", delay="20ms", jitter="5ms")
    (trips,) = interface(lab, "a", "direct")["round_trips"]
    assert trips["node"] == "b"
    lab.do("heal", "direct")
    lab.wait_for(routes={"at": "a", "to": "net-b", "via": "direct"}, within="120s")
    lab.wait_for(routes={"at": "b", "to": "net-a", "via": "direct"}, within="120s")
    for router in "ab":
        left = [
            line for line in turns(lab, router)[before[router] :] if "on direct" not in line.partition(", cost ")[0]
        ]
        assert len(left) == 1, turns(lab, router)


def test_a_flood_of_forged_answers_is_counted_and_a_ping_of_others_is_not_even_heard(lab: LabUnderTest) -> None:
    """Which types of ICMP message the port hears, the kernel sorts out."""
    lab.check(within="60s")
    before = lab["a"].show("ospf")["counters"]
    assert lab["b"].run("ping", "-c", "3", "-i", "0.2", "10.7.1.1").returncode == 0
    counters = lab["a"].show("ospf")["counters"]
    assert counters.get("ignored.echo", 0) == before.get("ignored.echo", 0)
    cost = interface(lab, "a", "direct")["cost"]
    assert lab["b"].run("python3", "-c", FLOOD, within="60s").returncode == 0
    lab.wait_for(shows={"at": "a", "table": "ospf interfaces", "row": "direct 10.7.1.1"}, within="20s")
    after = lab["a"].show("ospf")["counters"]
    assert after["ignored.echo"] > 1000
    until(lambda: lab["a"].show("ospf")["counters"]["received.hello"] <= after["received.hello"])
    assert interface(lab, "a", "direct")["cost"] == cost
    assert len([line for line in lab["a"].logs() if "input.refused" in line]) <= 1
