"""Desired − actual = steps: carried out in any order that they allow, they give what is desired, from any state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_NODE, ContainerSpec, Listed, Network, NetworkSpec
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, Desired, desired
from catenet.orchestrator.plan.steps import ClashError, Step, describe, left_paused, plan, removal

LABS = [
    parse(text.encode(), "lab.yaml")
    for text in (
        "lans: {l: {}, m: {}}\nnodes: {a: {lans: [l, m]}, b: {lans: [l]}, c: {lans: [m]}}",
        "lans: {l: {}, m: {}, n: {}}\n"
        "nodes: {a: {lans: [l, m, n]}, b: {lans: [l], routes: [{to: n, via: a}]}, d: {lans: n}}",
        "lans: {k: {prefix: 10.0.1.0/24}, m: {prefix: 10.0.2.0/25}}\nnodes: {a: {lans: [k, m]}, b: {lans: [k]}}",
        "lans: {m: {prefix: 10.0.1.0/24}, l: {prefix: 10.0.2.0/24}}\nnodes: {a: {lans: [l, m]}, c: {lans: [m]}}",
    )
]
IMAGES = ("catenet/node:1", "catenet/node:2")


def engine_with_images() -> FakeEngine:
    engine = FakeEngine()
    for image in IMAGES:
        engine.build(image, b"context", {})
    return engine


def wanted_of(engine: FakeEngine, lab: int = 0, image: str = "catenet/node:1", copy: str = "x") -> Desired:
    return desired(LABS[lab], copy, image, actual=engine.networks())


def planned(engine: FakeEngine, wanted: Desired) -> tuple[Step, ...]:
    return plan(wanted, engine.networks(), engine.inspected(engine.listed({})))


def carry_out(engine: FakeEngine, steps: tuple[Step, ...], random: Random) -> None:
    """In a random one of the orders that the steps allow; the engine refuses what comes too early."""
    left = list(steps)
    assert len({step.id for step in steps}) == len(steps)
    while left:
        waiting = {step.id for step in left}
        ready = [step for step in left if not waiting & set(step.after)]
        assert ready, f"these wait for each other: {left}"
        step = random.choice(ready)
        left.remove(step)
        perform(engine, step)


def perform(engine: FakeEngine, step: Step) -> None:
    if isinstance(step.spec, NetworkSpec):
        engine.create_network(step.spec)
    elif isinstance(step.spec, ContainerSpec):
        engine.create(step.spec)
    else:
        {
            "kill": engine.kill,
            "start": engine.start,
            "remove_container": engine.remove,
            "remove_network": engine.remove_network,
        }[step.kind](step.name)


def assert_is(engine: FakeEngine, wanted: Desired) -> None:
    networks = {network.name: network for network in engine.networks() if network.labels.get("catenet.lab") == "x"}
    assert {name: (n.prefixes, n.labels) for name, n in networks.items()} == {
        spec.name: ((spec.prefix,), spec.labels) for spec in wanted.networks
    }
    containers = {container.name: container for container in engine.inspected(engine.listed({"catenet.lab": "x"}))}
    assert {name: (c.labels, set(c.networks), c.image) for name, c in containers.items()} == {
        spec.name: (spec.labels, set(spec.endpoints), spec.image) for spec in wanted.containers
    }
    assert {container.state for container in containers.values()} <= {"running", "paused"}


def disturb(engine: FakeEngine, specs: tuple[ContainerSpec, ...], random: Random) -> None:
    """What users, crashes and `kill -9` in the middle of something leave behind."""
    for spec in specs:
        state = next((c.state for c in engine.inspected(engine.listed({})) if c.name == spec.name), "absent")
        what = random.choice(("leave", "kill", "pause", "remove", "half", "make"))
        if what in ("kill", "pause") and state == "running":
            getattr(engine, what)(spec.name)
        elif what in ("remove", "half", "make") and state != "absent":
            engine.remove(spec.name)
            some = dict(random.sample(list(spec.endpoints.items()), random.randint(0, len(spec.endpoints))))
            if what != "remove":
                engine.create(replace(spec, endpoints=some if what == "half" else spec.endpoints))
            if what == "half" and random.random() < 0.5:
                engine.start(spec.name)
    used = {
        name for c in engine.inspected(engine.listed({})) if c.state in ("running", "paused") for name in c.networks
    }
    for network in engine.networks():
        if network.name not in used and network.labels.get("catenet.lab") == "x" and random.random() < 0.5:
            engine.remove_network(network.name)


@settings(max_examples=250)
@given(
    st.tuples(st.integers(0, 3), st.sampled_from(IMAGES)),
    st.tuples(st.integers(0, 3), st.sampled_from(IMAGES)),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_from_any_state_the_steps_lead_to_what_is_desired(
    before: tuple[int, str], after: tuple[int, str], random: Random, foreign: bool
) -> None:
    engine = engine_with_images()
    if foreign:
        other = Prefix.parse("10.0.2.0/24")
        engine.create_network(NetworkSpec("other", other, Address(other.broadcast - 1), {}))
    first = wanted_of(engine, *before)
    carry_out(engine, planned(engine, first)[: random.randint(0, 20)], random)
    disturb(engine, first.containers, random)
    paused = {container.name for container in engine.inspected(engine.listed({})) if container.state == "paused"}
    wanted = wanted_of(engine, *after)
    expected = {f"x-{node}" for node in left_paused(wanted, engine.inspected(engine.listed({})))}
    carry_out(engine, planned(engine, wanted), random)
    assert_is(engine, wanted)
    still = {container.name for container in engine.inspected(engine.listed({})) if container.state == "paused"}
    assert still <= paused
    assert still <= expected
    assert ("other" in {network.name for network in engine.networks()}) == foreign
    again = wanted_of(engine, *after)
    assert again == wanted
    assert planned(engine, again) == ()


@settings(max_examples=50)
@given(st.integers(0, 3), st.randoms(use_true_random=False))
def test_down_takes_everything_of_the_copy_and_nothing_else(lab: int, random: Random) -> None:
    engine = engine_with_images()
    carry_out(engine, planned(engine, wanted_of(engine, copy="other")), random)
    others = engine.networks(), engine.inspected(engine.listed({}))
    first = wanted_of(engine, lab)
    carry_out(engine, planned(engine, first), random)
    disturb(engine, first.containers, random)
    mine = [network for network in engine.networks() if network.labels["catenet.lab"] == "x"]
    carry_out(engine, removal(mine, engine.inspected(engine.listed({"catenet.lab": "x"}))), random)
    assert (engine.networks(), engine.inspected(engine.listed({}))) == others


def test_those_that_leave_side_by_side_share_no_network() -> None:
    """A ring: every other one of it, and then the rest; and where all are on one LAN there is no better order."""
    ring = [Listed(f"r{n}", {}, (f"l{n}", f"l{(n + 1) % 20}"), "", "running") for n in range(20)]
    steps = removal([Network("l0", (), {})], ring)
    assert [step.name for step in steps[:-1]] == [f"r{n}" for n in (*range(0, 20, 2), *range(1, 20, 2))]
    assert (steps[-1].kind, len(steps[-1].after)) == ("remove_network", 2)
    star = [Listed(f"h{n}", {}, ("l",), "", "running") for n in range(5)]
    assert [step.name for step in removal([], star)] == [each.name for each in star]


def up(lab: int = 0) -> tuple[FakeEngine, Desired]:
    engine = engine_with_images()
    wanted = wanted_of(engine, lab)
    carry_out(engine, planned(engine, wanted), Random(1))
    return engine, wanted


def test_a_container_waits_for_its_own_networks_and_for_nothing_else() -> None:
    engine = engine_with_images()
    steps = {step.id: step for step in planned(engine, wanted_of(engine))}
    assert steps["create_container x-b"].after == ("create_network x_l",)
    assert set(steps["create_container x-a"].after) == {"create_network x_l", "create_network x_m"}
    assert steps["start x-b"].after == ("create_container x-b",)
    assert steps["create_network x_l"].after == ()


def test_a_network_goes_when_its_own_containers_have_gone() -> None:
    engine, _ = up()
    steps = {step.id: step for step in removal(engine.networks(), engine.inspected(engine.listed({})))}
    assert set(steps["remove_network x_m"].after) == {"remove_container x-a", "remove_container x-c"}
    assert steps["remove_container x-a"].after == ()


def test_a_killed_node_is_started_and_the_others_are_left() -> None:
    engine, wanted = up()
    engine.kill("x-b")
    assert [step.id for step in planned(engine, wanted)] == ["start x-b"]


def test_a_node_that_runs_and_does_not_serve_is_killed_and_started() -> None:
    engine, wanted = up()
    first, second, *_ = (spec.labels[LABEL_NODE] for spec in wanted.containers)
    engine.pause(f"x-{second}")
    there = engine.inspected(engine.listed({}))
    steps = plan(wanted, engine.networks(), there, stopped={first, second})
    assert [(step.kind, step.name) for step in steps] == [("kill", f"x-{first}"), ("start", f"x-{first}")]
    assert steps[1].after == (steps[0].id,)


def test_a_paused_node_is_left_and_named() -> None:
    engine, wanted = up()
    engine.pause("x-b")
    assert planned(engine, wanted) == ()
    assert left_paused(wanted, engine.inspected(engine.listed({}))) == ("b",)


def test_a_node_that_was_made_and_never_started_is_made_again() -> None:
    engine, wanted = up()
    engine.remove("x-b")
    engine.create(wanted.containers[1])
    assert [step.id for step in planned(engine, wanted)] == [
        "remove_container x-b",
        "create_container x-b",
        "start x-b",
    ]


def test_only_what_differs_is_made_again() -> None:
    engine, _ = up()
    steps = [step.id for step in planned(engine, wanted_of(engine, 0, "catenet/node:2"))]
    assert not any("network" in step for step in steps)
    engine, _ = up(0)
    changed = wanted_of(engine, 1)
    made = {step.name for step in planned(engine, changed) if step.kind == "create_container"}
    assert made == {"x-a", "x-b", "x-d"}
    assert {step.name for step in planned(engine, changed) if step.kind == "create_network"} == {"x_n"}


def test_a_lan_that_takes_over_anothers_prefix_waits_for_its_end() -> None:
    engine, _ = up(0)
    steps = {step.id: step for step in planned(engine, wanted_of(engine, 2))}
    assert steps["create_network x_k"].after == ("remove_network x_l",)
    assert set(steps["remove_network x_l"].after) == {"remove_container x-a", "remove_container x-b"}


def test_a_copy_of_another_file_is_refused() -> None:
    engine = engine_with_images()
    wanted = desired(replace(LABS[0], file=Path("/one/lab.yaml")), "x", "catenet/node:1")
    carry_out(engine, planned(engine, wanted), Random(1))
    with pytest.raises(ClashError, match=r"a lab x is on the engine already, made from /one/lab.yaml.*--name"):
        planned(engine, replace(wanted, file="/elsewhere/lab.yaml"))


def composed(engine: FakeEngine, wanted: Desired, folder: str) -> None:
    """The same lab as Compose makes it: its own names, its own image, a builder beside, no copy's name in our label."""
    engine.build(COMPOSE_IMAGE, b"context", {})
    for network in wanted.networks:
        labels = {k: v for k, v in network.labels.items() if k != "catenet.file"}
        engine.create_network(replace(network, labels={**labels, "catenet.lab": ""}))
    for number, spec in enumerate(wanted.containers, 1):
        labels = {"catenet.lab": "", "catenet.file": "lab.yaml", "com.docker.compose.project.working_dir": folder}
        name = f"x_{spec.labels['catenet.node']}_{number}"
        engine.create(replace(spec, name=name, image=COMPOSE_IMAGE, labels={**spec.labels, **labels}))
        engine.start(name)
    labels = {"catenet.lab": "", "com.docker.compose.project": "x"}
    engine.create(ContainerSpec("x_image_1", "image", COMPOSE_IMAGE, {}, {}, labels))


def test_a_lab_that_compose_started_is_left_as_it_is() -> None:
    engine = engine_with_images()
    wanted = desired(replace(LABS[0], file=Path("/one/lab.yaml")), "x", "catenet/node:1")
    composed(engine, wanted, "/one")
    assert planned(engine, wanted) == ()
    own = tuple(replace(spec, image="catenet/program:1") for spec in wanted.containers)
    assert {step.kind for step in planned(engine, replace(wanted, containers=own))} >= {"remove_container"}
    engine.kill("x_a_1")
    assert [step.id for step in planned(engine, wanted)] == ["start x_a_1"]
    engine.start("x_a_1")
    with pytest.raises(ClashError, match=r"made from /one/lab\.yaml"):
        planned(engine, replace(wanted, file="/elsewhere/lab.yaml"))


def test_a_node_of_compose_that_is_not_as_desired_is_made_anew_once_the_old_one_is_gone() -> None:
    engine = engine_with_images()
    composed(engine, desired(replace(LABS[0], file=Path("/one/lab.yaml")), "x", "catenet/node:1"), "/one")
    wanted = desired(replace(LABS[1], file=Path("/one/lab.yaml")), "x", "catenet/node:1", engine.networks())
    steps = {step.id: step for step in planned(engine, wanted)}
    assert "remove_container x_a_1" in steps["create_container x-a"].after
    carry_out(engine, tuple(steps.values()), Random(2))
    nodes = [c.name for c in engine.inspected(engine.listed({})) if c.name != "x_image_1"]
    assert sorted(nodes) == ["x-a", "x-b", "x-d"]


def test_a_node_of_an_older_image_is_made_anew() -> None:
    engine, _ = up()
    assert {step.kind for step in planned(engine, wanted_of(engine, image="catenet/node:2"))} == {
        "remove_container",
        "create_container",
        "start",
    }


@pytest.mark.parametrize("name", ["x-a", "x_l"])
def test_a_name_that_another_has_is_refused(name: str) -> None:
    engine = engine_with_images()
    labels = {"catenet.lab": "x-y"} if name == "x-a" else {}
    if name == "x-a":
        engine.create(ContainerSpec(name, "a", "catenet/node:1", {}, {}, labels))
    else:
        engine.create_network(NetworkSpec(name, Prefix.parse("10.9.0.0/24"), Address.parse("10.9.0.254"), labels))
    whose = "the lab x-y" if labels else "something that is not ours"
    with pytest.raises(ClashError, match=f"{name} belongs to {whose} .*--name"):
        planned(engine, wanted_of(engine))


def test_each_step_is_told_in_a_line() -> None:
    engine = engine_with_images()
    lines = [describe(step) for step in planned(engine, wanted_of(engine))]
    assert lines[0] == "create network x_l 10.0.1.0/24"
    assert "create container x-b on x_l 10.0.1.2" in lines
    assert lines[-1] == "start x-c"
    engine, _ = up()
    assert {describe(step) for step in removal((), engine.inspected(engine.listed({})))} == {
        f"remove container x-{n}" for n in "abc"
    }
