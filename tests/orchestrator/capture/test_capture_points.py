"""Which interfaces are captured, and which packets there: each packet of a LAN once, whoever sends it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.questions import Answer
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, LABEL_NODE, ContainerSpec, NetworkSpec
from catenet.orchestrator.capture.capture_points import find_capture_points, find_ends
from catenet.orchestrator.observe.running import UserError, running_lab

HARDWARE = {node: f"02:42:0a:00:01:0{number}" for number, node in enumerate("pqrst", 1)}
GROUP = "01:00:5e:00:00:09"


def on_one_lan(nodes: Sequence[str]) -> FakeEngine:
    def answer(container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        row = {"lan": "bus", "interface": "eth0", "hardware": HARDWARE[container], "up": True}
        return 0, bytes(Answer([row])), b""

    engine = FakeEngine(answer=answer)
    engine.build("image", b"x", {})
    prefix = Prefix.parse("10.0.1.0/24")
    engine.create_network(
        NetworkSpec("bus", prefix, Address(prefix.broadcast - 1), {LABEL_LAB: "lab", LABEL_LAN: "bus"})
    )
    for number, node in enumerate(nodes, 1):
        labels = {LABEL_LAB: "lab", LABEL_NODE: node}
        engine.create(ContainerSpec(node, node, "image", {}, {"bus": Address(prefix.network + number)}, labels))
        engine.start(node)
    return engine


def lets_pass(scope: str, source: str, destination: str) -> bool:
    """pcap-filter(7), as far as it is used here."""
    python = re.sub(r"ether (src|dst) ([0-9a-f:]+)", r"(\1 == '\2')", scope)
    return bool(eval(python or "True", {"src": source, "dst": destination}))  # our own words, in a test


@pytest.mark.parametrize("paused", ["", "p", "s", "pq", "qrs"])
def test_each_packet_of_a_lan_is_captured_once(paused: str) -> None:
    """A bridge gives a packet for one node to that one, any other to all; t is a stranger on the same bridge."""
    engine = on_one_lan("pqrs")
    for node in paused:
        engine.pause(node)
    points = find_capture_points(engine, running_lab(engine, "lab"), ["bus"])
    assert [point.node for point in points] == [node for node in "pqrs" if node not in paused]
    caught = {point.node for point in points}
    for source, destination in [*permutations("pqrst", 2), *((source, "") for source in "pqrst")]:
        there = {source, destination} if destination else {*HARDWARE}
        target = HARDWARE.get(destination, GROUP)
        seen = [p.node for p in points if p.node in there and lets_pass(p.scope, HARDWARE[source], target)]
        hidden = destination and not {source, destination} & caught
        assert len(seen) == (0 if hidden else 1), f"{source} to {destination or 'all'}: at {seen}"


def test_a_node_is_captured_on_each_of_its_lans(small) -> None:
    points = find_capture_points(small.engine, small.running, ["b"])
    assert [(p.container, p.interface, p.label, p.scope) for p in points] == [
        ("small-b", "eth0", "link1", ""),
        ("small-b", "eth1", "link2", ""),
    ]
    several = find_capture_points(small.engine, small.running, ["a", "link2"])
    assert [(p.node, p.label) for p in several] == [("a", "a link1"), ("b", "link2"), ("c", "link2")]


def test_what_cannot_be_captured_is_said_with_its_cure(small) -> None:
    with pytest.raises(UserError, match="no node or LAN 'lnik1'; did you mean link1"):
        find_capture_points(small.engine, small.running, ["lnik1"])
    small.engine.pause("small-b")
    with pytest.raises(UserError, match="b is paused: catenet resume b"):
        find_capture_points(small.engine, small.running, ["b"])
    small.kill("a")
    with pytest.raises(UserError, match=r"no end of link1 runs \(a is exited \(137\), b is paused\)"):
        find_capture_points(small.engine, small.running, ["link1"])
    assert [point.node for point in find_capture_points(small.engine, small.running, ["link2"])] == ["c"]


@pytest.mark.parametrize("paused", ["", "p", "qs", "pqrs"])
def test_all_that_an_end_sees_is_captured_at_each_end_that_runs(paused: str) -> None:
    """A LAN that is not there, or none of whose ends runs, has none: what is on the others is captured all the same."""
    engine = on_one_lan("pqrs")
    for node in paused:
        engine.pause(node)
    points = find_ends(engine, running_lab(engine, "lab"), ["bus", "gone", "bus"])
    assert [point.node for point in points] == [node for node in "pqrs" if node not in paused]
    assert all((point.lan, point.scope) == ("bus", "") for point in points)
    assert [point.hardware.hex(":") for point in points] == [HARDWARE[point.node] for point in points]
