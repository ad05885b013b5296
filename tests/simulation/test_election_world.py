"""Supernodes that stand by, a directory that elects them, and calls that go on whatever becomes of either."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random
from typing import Any, get_args

import pytest
from election_world import QUOTA, ElectionWorld, Reporter

from catenet.nodes.application.directory.election import PAUSE
from catenet.nodes.application.turn.client import Lost
from catenet.nodes.application.turn.registrar import CONFIRM
from catenet.nodes.internet.nat.config import Behaviour, NatOptions
from catenet.nodes.machine import Udp

PORT = 3478
TENURE, SLACK = 20.0, 30.0


def test_one_that_stands_by_has_no_port_open_then_answers_bindings_then_serves() -> None:
    world = ElectionWorld(tenure=TENURE)
    assert (world.role("alice"), world.ports("alice")) == ("unknown", [])
    world.until(lambda: world.role("alice") == "candidate")
    assert world.ports("alice") == [("udp", PORT)]
    assert world.shown("alice")["duty"] == "answering"
    world.load()
    assert world.ports("alice") == [("ip", 1), ("tcp", PORT), ("udp", PORT)]
    shown = world.shown("alice")
    assert (shown["duty"], shown["why"]) == ("serving", "the load asks for it, and it answers from outside")
    assert shown["since"] == 0
    assert world.kinds("alice") == ["promoted"]
    assert world.role("s1") == "supernode"
    assert [report.data["node"] for report in world.told("directory")] == ["s1", "alice"]


def test_clients_are_sent_to_who_was_elected_and_their_calls_go_by_it() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=10.0)
    world.load()
    world.until(lambda: len(world.servers) == 2)
    there, here = world.call(world.server("alice"))[0], world.call(world.server("s1"))[0]
    assert there.stands
    assert world.hears(here, there)
    assert world.hears(there, here)


def demoted() -> tuple[ElectionWorld, Any, Any]:
    """Alice is none any more, with a call by her and one by s1."""
    world = ElectionWorld(tenure=TENURE, credentials=10.0)
    legs = world.load()
    world.until(lambda: len(world.servers) == 2)
    there = world.call(world.server("alice"))[0]
    world.hang_up(legs[1:])
    began = world.network.now
    world.until(lambda: world.role("alice") == "candidate")
    assert SLACK - 3.0 < world.network.now - began < SLACK + 5.0
    return world, legs[0], there


def test_when_the_load_has_gone_it_is_demoted_and_its_clients_stay_until_they_go() -> None:
    world, here, there = demoted()
    assert world.shown("alice")["duty"] == "draining"
    assert ("tcp", PORT) not in world.ports("alice")
    assert world.hears(here, there)
    assert world.hears(there, here)
    world.network.run(620.0)  # it is refreshed
    assert world.hears(here, there)
    world.hang_up([there])
    assert (world.shown("alice")["duty"], world.ports("alice")) == ("answering", [("udp", PORT)])
    assert world.kinds("alice") == ["promoted", "demoted"]


def test_one_that_drains_takes_nobody_and_says_so() -> None:
    """RFC 8656 section 7.2: 508 (Insufficient Capacity), signed, so that clients try another at once."""
    world = ElectionWorld(tenure=TENURE, credentials=10.0)
    legs = world.load()
    world.until(lambda: len(world.servers) == 2)
    (there,) = world.call(world.server("alice"))
    known = world.server("alice")
    world.hang_up(legs)
    world.until(lambda: world.role("alice") == "candidate")
    assert there.stands
    (refused,) = world.call(known)
    assert refused.events == [Lost("error 508 Insufficient Capacity")]


def test_who_goes_is_no_supernode_any_more_and_nobody_is_sent_there() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=10.0)
    world.load()
    world.network.kill("alice")
    world.until(lambda: world.kinds("directory")[-1] == "demoted")
    assert world.told("directory")[-1].data["why"] == "it has gone"
    world.until(lambda: len(world.servers) == 1)
    world.network.start("alice")
    world.until(lambda: world.role("alice") == "supernode")  # there is as much to do as before


def test_who_does_not_answer_from_outside_any_more_is_dead_and_its_clients_stay() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=10.0)
    legs = world.load()
    world.until(lambda: len(world.servers) == 2)
    (there,) = world.call(world.server("alice"))
    began = world.network.now
    world.network.nodes["alice"].processes[0].close_port(Udp(PORT))
    world.until(lambda: world.role("alice") == "dead")
    assert world.network.now - began < 5.0 + 3 * (2.5 + 1.0) + 1.5  # a round, and three probes
    assert (world.kinds("alice"), world.kinds("directory")[-1]) == (["promoted", "dead"], "dead")
    assert world.shown("alice")["why"] == "3 probes had no answer"
    assert world.shown("alice")["duty"] == "draining"
    assert all(leg.stands for leg in (*legs, there))


@pytest.mark.parametrize(("mapping", "filtering"), list(product(get_args(Behaviour), repeat=2)))
def test_a_candidate_behind_a_translator_is_none(mapping: Behaviour, filtering: Behaviour) -> None:
    translator = NatOptions(outside="west", mapping=mapping, filtering=filtering)
    world = ElectionWorld(("s1", "carol", "caller"), translator=translator)
    world.until(lambda: bool(world.servers) and world.role("carol") == "refused")
    world.call(world.server("s1"), 9)
    world.network.run(60.0)
    assert (world.role("carol"), world.ports("carol"), world.kinds("carol")) == ("refused", [], [])
    assert "behind a translator" in world.shown("carol")["why"]
    assert world.kinds("directory") == ["promoted"]  # s1


@pytest.mark.parametrize("filtering", get_args(Behaviour))
def test_a_candidate_behind_a_firewall_does_not_answer_from_outside(filtering: Behaviour) -> None:
    """Its address is its own, and no packet of a stranger's comes to it."""
    translator = NatOptions(outside="west", translate="off", filtering=filtering)
    world = ElectionWorld(("s1", "carol", "caller"), translator=translator)
    world.until(lambda: bool(world.servers) and world.role("carol") == "candidate")
    world.call(world.server("s1"), 9)
    world.until(lambda: world.role("carol") == "dead")
    assert world.shown("carol")["why"] == "it does not answer from outside"
    world.network.run(100.0)
    assert "promoted" not in world.kinds("carol")


def test_while_the_directory_is_dead_roles_stay_and_calls_are_made_and_go_on() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=600.0)
    legs = world.load()
    world.until(lambda: len(world.servers) == 2, within=400.0)
    (there,) = world.call(world.server("alice"))
    world.network.kill("directory")
    world.network.run(200.0)
    assert [world.role(name) for name in ("s1", "alice")] == ["supernode", "supernode"]
    assert world.hears(legs[0], there)
    assert world.call(world.server("alice"))[0].stands
    assert world.kinds("alice") == ["promoted"]


def restart(world: ElectionWorld) -> None:
    """Everybody is back, and alice is what she was."""
    world.network.kill("directory")
    world.until(lambda: not any(world.is_here(name) for name in ("s1", "alice", "caller")))
    world.network.run(10.0)
    told = len(world.told("directory"))
    world.network.start("directory")
    world.until(lambda: all(world.is_here(name) for name in ("s1", "alice", "caller")))
    world.until(lambda: len(world.told("directory")) == told + 2)
    assert {report.data["why"] for report in world.told("directory")[told:]} == {
        "it is there for that",
        "it was one before, and answers from outside",
    }
    world.network.run(0.1)


def test_after_its_restart_nobody_logs_in_twice_roles_are_confirmed_and_secrets_roll() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=20.0)
    legs = world.load()
    world.until(lambda: len(world.servers) == 2)
    (there,) = world.call(world.server("alice"))
    old, hashes = world.server("alice"), world.hashes
    restart(world)
    assert world.hashes == hashes
    assert world.kinds("alice") == ["promoted"]  # she has never been anything else
    assert world.hears(legs[0], there)
    world.until(lambda: len(world.servers) == 2 and world.server("alice") != old)
    assert world.server("alice").password != old.password
    assert world.call(old)[0].stands  # the secret before is good, too, while credentials made with it are
    assert world.call(world.server("alice"))[0].stands
    world.network.run(100.0)
    assert world.hears(legs[0], there)


def test_a_secret_of_eight_directories_ago_is_good_no_more() -> None:
    world = ElectionWorld(tenure=TENURE, credentials=600.0)
    world.load()
    world.until(lambda: len(world.servers) == 2, within=400.0)
    old = world.server("alice")
    for _ in range(8):
        assert world.call(old)[0].stands
        restart(world)
    (refused,) = world.call(old)
    assert isinstance(refused.events[-1], Lost)


def test_one_whose_way_was_cut_serves_on_and_drains_when_the_directory_has_elected_it_no_more() -> None:
    """The directory has seen it go, so it is a candidate; nothing asks for one."""
    world = ElectionWorld(tenure=TENURE)
    legs = world.load()
    world.network.cut("east", silent=True)
    world.until(lambda: world.kinds("directory")[-1] == "demoted")
    world.hang_up(legs)
    world.network.heal("east")
    world.until(lambda: world.is_here("alice"))
    assert world.role("alice") == "supernode"
    took = world.until(lambda: world.role("alice") == "candidate", within=CONFIRM + 20.0)
    assert took > CONFIRM - 5.0
    assert world.shown("alice")["why"] == "the directory has it as a supernode no more"
    assert world.shown("alice")["duty"] == "answering"


def changes(seed: int) -> tuple[dict[str, list[float]], list[str]]:
    """A load that is noise, high for some time and low for some, on one supernode and two that stand by → when each of
    these has changed, and when the directory has promoted one; and what each change was."""
    noise = Random(seed)
    base, until = 0.9, 0.0

    def load() -> int:
        nonlocal base, until
        if world.network.now >= until:
            base, until = 0.95 - base, world.network.now + noise.expovariate(1 / 25)
        return round(QUOTA * max(0.0, base + noise.gauss(0, 0.2)))

    makes = {"s1": lambda node: Reporter(node, load)}
    world = ElectionWorld(("s1", "alice", "bob"), seed=seed, makes=makes, tenure=TENURE, steady=2.0, slack=10.0)
    world.network.run(120.0)
    said = {name: world.network.nodes[name].said for name in ("alice", "bob", "directory")}
    times = {name: [each.at for each in said[name]] for name in ("alice", "bob")}
    promoted = [each.at for each in said["directory"] if each.report.kind == "supernode.promoted"][1:]  # without s1
    return {**times, "promoted": promoted}, world.kinds("alice") + world.kinds("bob")


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=pytest.mark.slow) for first in range(10, 200, 10))])
def test_a_load_that_is_noise_changes_a_role_once_in_a_tenure_at_most(first: int) -> None:
    kinds: list[str] = []
    for seed in range(first, first + 10):
        times, seen = changes(seed)
        for name, least in (("alice", TENURE), ("bob", TENURE), ("promoted", PAUSE)):
            gaps = [later - earlier for earlier, later in pairwise(times[name])]
            assert min(gaps, default=least) >= least - 0.1, (seed, name, times[name])  # told 10 ms sooner or later
        kinds += seen
    assert set(kinds) == {"promoted", "demoted"}
    assert min(kinds.count(kind) for kind in ("promoted", "demoted")) >= 3
