"""A running lab whose LANs are segments: the engine has one network, and the labels say the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_SEGMENTS
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.running import UserError, running_lab, running_labs, segments_of
from catenet.orchestrator.plan.desired import desired
from catenet.orchestrator.plan.placing import Placement
from catenet.orchestrator.status.state import lab_state

LAB = """
wiring: vxlan
lans: {link1: {prefix: 10.0.1.0/24}, link2: {prefix: 10.0.2.0/24}, spare: {prefix: 10.0.3.0/24}}
nodes: {a: {lans: [link1]}, b: {lans: [link1, link2]}, c: {lans: [link2]}}
"""
IMAGE = "catenet/node:1"


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    file = tmp_path / "lab.yaml"
    file.write_text(LAB)
    engine = FakeEngine()
    engine.build(IMAGE, b"context", {})
    wanted = desired(load(file), "x", IMAGE)
    for network in wanted.networks:
        engine.create_network(network)
    for container in wanted.containers:
        engine.create(container)
        engine.start(container.name)
    return engine


def test_lans_ends_and_places_are_as_with_a_network_each(engine: FakeEngine) -> None:
    running = running_lab(engine, "x")
    assert {lan: [str(each) for each in network.prefixes] for lan, network in running.lans.items()} == {
        "link1": ["10.0.1.0/24"],
        "link2": ["10.0.2.0/24"],
        "spare": ["10.0.3.0/24"],
    }
    assert [network.name for network in running.lans.values()] == ["x_link1", "x_link2", "x_spare"]
    assert [[end.node for end in running.ends(lan)] for lan in running.lans] == [["a", "b"], ["b", "c"], []]
    assert running.lans_of(running.node("b")) == ("link1", "link2")
    assert running.missing == ((), ())


def test_a_dead_node_is_still_an_end(engine: FakeEngine) -> None:
    engine.kill("x-b")
    assert [end.node for end in running_lab(engine, "x").ends("link2")] == ["b", "c"]


def test_the_segments_are_gone_with_the_network_that_carries_them(engine: FakeEngine) -> None:
    for node in "abc":
        engine.remove(f"x-{node}")
    assert [*running_lab(engine, "x").lans] == ["spare"]  # a segment is in its nodes, and with them it has gone
    engine.remove_network("x__underlay")
    assert running_labs(engine) == {}


def test_a_lan_that_is_missing_is_said_to_be(engine: FakeEngine) -> None:
    for node in "ab":
        engine.remove(f"x-{node}")
    running = running_lab(engine, "x")
    assert running.missing == (("a", "b"), ("link1",))
    with pytest.raises(UserError, match="link1 is missing: catenet up"):
        running.ends("link1")


def test_the_copy_is_as_it_was_started_and_not_as_its_file_has_it(engine: FakeEngine) -> None:
    found = running_labs(engine)["x"]
    assert (found.wiring, running_lab(engine, "x").lab.wiring) == ("", "vxlan")
    assert found.file is not None
    bridged = replace(load(found.file, wiring="bridge"), file=found.file)
    for spec in desired(bridged, "y", IMAGE).networks:
        engine.create_network(spec)
    for spec in desired(bridged, "y", IMAGE).containers:
        engine.create(spec)
    assert (running_labs(engine)["y"].wiring, running_lab(engine, "y").lab.wiring) == ("bridge", "bridge")


def test_a_lan_that_carries_less_than_its_file_wants_is_so_for_all_who_ask(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    text = LAB.replace("wiring: vxlan", "hosts: {one: local, two: u@s}").replace("0.3.0/24", "0.3.0/24, mtu: 600")
    file.write_text(text)
    placement = Placement({"a": "one", "b": "two", "c": "two"}, frozenset({"link1"}))
    wanted = desired(load(file), "x", IMAGE, placement=placement, underlay_mtu=1450)
    engine = FakeEngine()
    engine.build(IMAGE, b"context", {})
    engine.make_swarm("192.0.2.1")
    for network in wanted.networks:
        engine.create_network(network)
    for container in wanted.containers:
        engine.create(container)
    running = running_lab(engine, "x")
    assert {lan.name: lan.mtu for lan in running.lab.lans.values()} == {"link1": 1400, "link2": 1500, "spare": 600}
    assert {lan.name: lan.mtu for lan in lab_state(engine, running).lans} == {"link1": 1400, "link2": 0, "spare": 0}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"link1": 7}', '{"link1": "10.0.1.1/24"}', "7"])
def test_labels_that_somebody_else_has_written_tell_of_no_segment(text: str) -> None:
    assert segments_of({LABEL_SEGMENTS: text}) == {}


def test_only_what_is_a_segment_carries_less_where_its_hosts_do(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(LAB.replace("wiring: vxlan", "hosts: {one: local, two: tcp://192.0.2.1:2375}"))
    engine = FakeEngine()
    engine.build(IMAGE, b"context", {})
    engine.make_swarm("")
    placement = Placement({"a": "one", "b": "one", "c": "two"}, frozenset({"link2"}))
    wanted = desired(load(file), "x", IMAGE, placement=placement, underlay_mtu=1450)
    for network in wanted.networks:
        engine.create_network(network)
    for container in wanted.containers:
        engine.create(container)
    lans = running_lab(engine, "x").lab.lans
    assert {name: lan.mtu for name, lan in lans.items()} == {"link1": 1500, "link2": 1400, "spare": 1500}
